"""Readings summed up by sensor and window, in parts that can be added in any order."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import gcd

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidemill.contract import Contract
from tidemill.streams.lateness import micros, start_micros
from tidemill.streams.windows.exact import (
    SCALE,
    SQUARES,
    SUMS,
    deviation,
    exact_sums,
    limbs,
    mean,
    parsed,
    plus,
    with_limbs,
)
from tidemill.streams.windows.readings import entity_columns, readings, stream_of

PARTS = ("unit", "count", "min", "max", "first", "last")


def shared_length(lengths: Sequence[str]) -> int:
    """The longest time, in microseconds, of which all the lengths are multiples."""
    return gcd(*map(micros, lengths))


def partial_sums(rows: DataFrame, entity: Sequence[str], length: int) -> DataFrame:
    """What the readings add up to, by sensor, window and scale (see `exact`).

    Args:
        rows: see `readings`; those without a value do not count.
        entity: the entity's columns among them.
        length: of the windows, in microseconds.

    Returns:
        One row a sensor, window and scale: the entity's columns, sensor, unit, start bigint (microseconds), the scale
        and the added limbs, count bigint, min, max double, first, last struct<at bigint, value double>: of readings at
        the same moment the first is the least and the last the greatest.
    """
    counted = with_limbs(rows.where(F.col("value").isNotNull()), "value")
    start = F.col("at") - F.pmod("at", F.lit(length))
    moment = F.struct("at", "value")
    return counted.groupBy(*entity, "sensor", "unit", start.alias("start"), SCALE).agg(
        *_added_limbs(),
        F.count(F.lit(1)).alias("count"),
        F.min("value").alias("min"),
        F.max("value").alias("max"),
        F.min(moment).alias("first"),
        F.max(moment).alias("last"),
    )


def coarser(partial: DataFrame, entity: Sequence[str], length: str) -> DataFrame:
    """Partial sums of longer windows out of those of shorter ones that fit into them."""
    start = start_micros(F.col("start"), length).alias("start")
    return partial.groupBy(*entity, "sensor", "unit", start, SCALE).agg(
        *_added_limbs(),
        F.sum("count").alias("count"),
        F.min("min").alias("min"),
        F.max("max").alias("max"),
        F.min("first").alias("first"),
        F.max("last").alias("last"),
    )


def _added_limbs() -> list[Column]:
    return [F.sum(name).alias(name) for name in (*SUMS, *SQUARES)]


def gathered(partial: DataFrame, kept: DataFrame | None, entity: Sequence[str], at: datetime) -> DataFrame:
    """Windows out of partial sums and of what was kept of the same windows.

    Args:
        partial: see `partial_sums`.
        kept: rows of a window table.
        entity: the entity's columns.
        at: when; windows that nothing is added to stay as they were.

    Returns:
        One row a sensor and window; the columns of a window table.
    """
    nothing = F.lit(None)
    rows = partial.select(
        *entity,
        *("sensor", "start", *PARTS),
        limbs().alias("limbs"),
        nothing.cast("string").alias("sum"),
        nothing.cast("string").alias("sum_of_squares"),
        F.lit(at).alias("updated_at"),
    )
    if kept is not None:
        rows = rows.unionByName(_as_parts(kept, entity))
    together = rows.groupBy(*entity, "sensor", "start").agg(
        F.max("unit").alias("unit"),
        F.collect_list("limbs").alias("limbs"),
        F.max("sum").alias("sum"),
        F.max("sum_of_squares").alias("sum_of_squares"),
        F.sum("count").alias("count"),
        F.min("min").alias("min"),
        F.max("max").alias("max"),
        F.min("first").alias("first"),
        F.max("last").alias("last"),
        F.max("updated_at").alias("updated_at"),
    )
    return _as_windows(_finished(together), entity)


def windows(
    silver: DataFrame, contract: Contract, length: str, at: datetime, calibration: DataFrame | None = None
) -> DataFrame:
    """The windows of one length of all these readings, as the stream keeps them: equal in every bit but `updated_at`.

    Args:
        silver: the dataset's.
        contract: with `stream` and `event_time`.
        length: as in `1 hour`.
        at: for `updated_at`.
        calibration: the calibration table, where the contract names one.

    Returns:
        One row a sensor and window that has readings; the columns of a window table (docs/sensors/windows.md).

    Raises:
        WrongCalibration: the calibration table lacks a column.
    """
    entity = entity_columns(stream_of(contract))
    partial = partial_sums(readings(silver, contract, calibration), entity, micros(length))
    return gathered(partial, None, entity, at)


def _as_parts(kept: DataFrame, entity: Sequence[str]) -> DataFrame:
    def moment(name: str) -> Column:
        return F.struct(F.unix_micros(f"{name}_at").alias("at"), F.col(name).alias("value")).alias(name)

    return kept.select(
        *entity,
        "sensor",
        F.unix_micros("window_start").alias("start"),
        *("unit", "count", "min", "max", moment("first"), moment("last")),
        F.lit(None).cast("array<bigint>").alias("limbs"),
        *("sum", "sum_of_squares", "updated_at"),
    )


def _finished(together: DataFrame) -> DataFrame:
    """With the exact sums added, and the mean and deviation that follow from them."""
    figures = [T.StructField(name, T.DoubleType()) for name in ("mean", "deviation")]
    schema = T.StructType([field for field in together.schema.fields if field.name != "limbs"] + figures)
    return together.mapInArrow(_add_exactly, schema)  # type: ignore[arg-type]


def _add_exactly(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        texts: tuple[list[str], list[str]] = ([], [])
        means, deviations = [], []
        given = (columns[name].to_pylist() for name in ("limbs", "sum", "sum_of_squares", "count"))
        for rows, total, squares, count in zip(*given, strict=True):
            added = exact_sums(rows)
            sums = [plus(one, parsed(text)) if text else one for one, text in zip(added, (total, squares), strict=True)]
            for told, number in zip(texts, sums, strict=True):
                told.append(str(number))
            means.append(mean(sums[0], count))
            deviations.append(deviation(sums[0], sums[1], count))
        del columns["limbs"]
        columns.update(sum=pa.array(texts[0], pa.string()), sum_of_squares=pa.array(texts[1], pa.string()))
        columns.update(mean=pa.array(means, pa.float64()), deviation=pa.array(deviations, pa.float64()))
        yield pa.RecordBatch.from_pydict(columns)


def _as_windows(rows: DataFrame, entity: Sequence[str]) -> DataFrame:
    start = F.timestamp_micros("start")
    return rows.select(
        *entity,
        "sensor",
        start.alias("window_start"),
        *("count", "mean", "min", "max", "deviation"),
        F.col("first.value").alias("first"),
        F.col("last.value").alias("last"),
        F.timestamp_micros("first.at").alias("first_at"),
        F.timestamp_micros("last.at").alias("last_at"),
        *("unit", "updated_at", "sum", "sum_of_squares"),
        F.to_date(start).alias("day"),
    )
