"""A micro-batch's rows as the driver and as each table have them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.loading import refused_rows
from tidemill.ingest.silver import accepted_rows
from tidemill.quality import Rule
from tidemill.streams.moments import moment
from tidemill.streams.readings.deciding import ACCEPTED, DUPLICATE, QUARANTINED, Arrived
from tidemill.streams.readings.figures import BITS
from tidemill.streams.readings.known import identity_of, sensor_key

# A batch of fewer rows is one file.
ONE_FILE_ROWS = 200_000
# Numbers of rows in a condition; more of them are joined.
NUMBERS_LISTED = 500
NO_NUMBER = -1


def decided_by(contract: Contract, rules: Sequence[Rule], changes: Sequence[str]) -> list[Column]:
    """What of each reading decides what becomes of it; made once for all micro-batches.

    Args:
        contract: the readings'.
        rules: `rules_of(contract)`.
        changes: the names of the cleansing steps, by bit.

    Returns:
        Columns over the rows of `arriving.judged_readings` and _number bigint: _number, _refused boolean, _sensor
        string, _at bigint (microseconds), _value double, _arrival bigint, _identity string where there is one,
        and the words of bits _failed_0, _cleansed_0 and so on.
    """
    assert contract.stream is not None  # noqa: S101
    identity, words = identity_of(contract), {"_failed": len(rules), "_cleansed": len(changes)}
    return [
        F.col("_number"),
        F.col("_refused"),
        sensor_key(contract).alias("_sensor"),
        F.unix_micros(F.col(f"`{contract.event_time}`")).alias("_at"),
        F.col(f"`{contract.stream.value}`").cast("double").alias("_value"),
        F.unix_micros("_bronze._ingested_at").alias("_arrival"),
        *([] if identity is None else [identity.alias("_identity")]),
        *[
            F.col(name)[place].alias(f"{name}_{place}")
            for name, bits in words.items()
            for place in range(-(-bits // BITS))
        ],
    ]


def skipped_by(contract: Contract) -> dict[str, list[str]]:
    """By table, the columns that readings are looked for by; the least and greatest of others cost and tell nothing."""
    assert contract.stream is not None  # noqa: S101
    looked_for = [contract.event_time, *contract.stream.entity, *filter(None, [contract.stream.message_id])]
    return {
        f"bronze.{contract.name}": ["_run_id", "_source", "_ingested_at"],
        f"silver.{contract.name}": [name for name in looked_for if name],
    }


def rows_by_table(
    kept: DataFrame, contract: Contract, arrived: Arrived, status: NDArray[Any], run_id: str
) -> dict[str, DataFrame]:
    """The rows that each table gets; a table that gets none is left out.

    Args:
        kept: the rows of `arriving.judged_readings`, with _number bigint.
        contract: the readings'.
        arrived: the same readings.
        status: see `deciding.statuses`.
        run_id: the run that they belong to.
    """
    now = moment(F.current_timestamp(), F.col("_source").isNull())
    if len(status) <= ONE_FILE_ROWS:
        kept = kept.coalesce(1)
    tables = {f"bronze.{contract.name}": kept.select("_bronze.*", F.lit(run_id).alias("_run_id"))}
    if (status == ACCEPTED).any():
        fresh = _without(kept.where("not _refused"), arrived.number[status == DUPLICATE].tolist())
        rows = accepted_rows(fresh.withColumn("_status", F.lit("accepted")), contract, run_id)
        rows = rows.withColumn("_loaded_at", now)
        sort = contract.layout.sort_by
        tables[f"silver.{contract.name}"] = rows.sortWithinPartitions(*sort) if sort else rows
    if (status == QUARANTINED).any():
        refused = kept.where("_refused").withColumn("_status", F.lit("quarantined"))
        tables[f"quarantine.{contract.name}"] = refused_rows(refused, run_id).withColumn("_quarantined_at", now)
    return tables


def _without(rows: DataFrame, numbers: list[int]) -> DataFrame:
    if not numbers:
        return rows
    if len(numbers) <= NUMBERS_LISTED:
        # Spark compares with one value in a way of its own.
        return rows.where(~F.col("_number").isin([*numbers, NO_NUMBER]))
    listed = rows.sparkSession.createDataFrame(pd.DataFrame({"_number": numbers}))
    return rows.join(F.broadcast(listed), "_number", "left_anti")
