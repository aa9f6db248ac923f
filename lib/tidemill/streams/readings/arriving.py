"""The readings as they arrive, judged row by row; a plan that is made once for all micro-batches."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.formats.layout import RECORD_COLUMNS
from tidemill.lake import Lake
from tidemill.quality import checked, rules_of
from tidemill.streams.moments import with_moment


def judged_readings(delivered: DataFrame, lake: Lake, contract: Contract, at: Column) -> DataFrame:
    """Cleanse, cast and check delivered readings.

    Args:
        delivered: in the layout of `formats.delivered`.
        lake: where the tables are that the contract refers to; each micro-batch reads their newest version.
        contract: the readings'.
        at: when they arrived.

    Returns:
        See `quality.checked`, and _bronze struct: the delivered columns and _ingested_at timestamp.
    """
    names = [*contract.columns, *RECORD_COLUMNS]
    arrived = with_moment(delivered, "_ingested_at", at, F.col("_raw").isNull())
    bronze = F.struct(*[F.col(f"`{name}`") for name in (*names, "_ingested_at")])
    references = {name: lake.read(f"silver.{name}") for name in contract.referenced}
    rows = arrived.withColumn("_bronze", bronze)
    return checked(rows, contract, rules_of(contract), references, None, carried=["_bronze"])
