"""Judge delivered records: cleanse, cast and check them, and decide what becomes of each."""

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.staging import TIES, staged
from tidemill.lake import Lake
from tidemill.quality import checked, rules_of


def reference_versions(lake: Lake, contract: Contract) -> dict[str, int]:
    """The versions that the tables which the contract refers to have now; those that do not exist are left out."""
    found = {name: lake.version(f"silver.{name}") for name in contract.referenced}
    return {name: version for name, version in found.items() if version is not None}


def judged(
    lake: Lake,
    contract: Contract,
    records: DataFrame,
    silver: DataFrame | None,
    references: Mapping[str, int],
    replaced: Sequence[str] = (),
    ties: Sequence[str] = TIES,
    carried: Sequence[str] = (),
) -> DataFrame:
    """What becomes of each record.

    Args:
        lake: where the tables are that the contract refers to.
        contract: of the records.
        records: the layout of `formats.delivered`, and _ingested_at.
        silver: the dataset's own table before; None where there is none.
        references: version of silver of each dataset that the contract refers to.
        replaced: sources whose earlier rows give way.
        ties: the columns that decide between rows of a key that are equally new.
        carried: further columns to hand on.

    Returns:
        See `quality.checked` and `staged`.

    Raises:
        NoReference: a table that the contract refers to does not exist.
    """
    tables = {name: lake.read(f"silver.{name}", version) for name, version in references.items()}
    before = silver
    if silver is not None and replaced:
        before = silver.where(~F.coalesce(F.col("_source").isin(*replaced), F.lit(False)))
    rows = checked(records, contract, rules_of(contract), tables, before, carried)
    return staged(rows, contract, silver, replaced, ties)
