"""Silver's rows as readings: whose, when, and what was measured, corrected and in the windows' unit."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.contract.stream import Stream
from tidemill.contract.units import conversion
from tidemill.streams.windows.calibration import SENSOR, corrected, corrections, sensor_of
from tidemill.streams.windows.exact import measured


def readings(silver: DataFrame, contract: Contract, calibration: DataFrame | None = None) -> DataFrame:
    """The readings of a stream dataset.

    Args:
        silver: the contract's columns.
        contract: with `stream` and `event_time`.
        calibration: the calibration table, where the contract names one.

    Returns:
        One row a reading: the entity's columns, sensor string, unit string, at bigint (microseconds since 1970, UTC),
        value double in that unit: null where there is none, or one that is no measurement (NaN, infinite), or where
        the time is beyond the calendar. An entity's column of a name in `OWN` gives way: the sensor has its value.

    Raises:
        WrongCalibration: the calibration table lacks a column.
    """
    stream = stream_of(contract)
    entity = [F.col(column) for column in entity_columns(stream)]
    last = F.col(stream.entity[-1]).cast("string").alias("_last")
    at = F.unix_micros(F.col(str(contract.event_time))).alias("at")
    value = F.col(stream.value).cast("double").alias("value")
    rows = silver.select(*entity, sensor_of(stream.entity).alias(SENSOR), last, at, value)
    if stream.calibration is not None and calibration is not None:
        rows = corrected(rows, corrections(calibration, stream.calibration, stream.entity))
    rows = rows.withColumn("value", converted(F.col("value"), F.col("_last"), stream))
    unit = unit_of(F.col("_last"), stream).alias("unit")
    value = F.when(F.col("at").between(*CALENDAR), measured(F.col("value")))
    return rows.select(*entity, SENSOR, unit, "at", value.alias("value"))


# The years 1 to 9999, in microseconds since 1970: beyond, no date can be written.
CALENDAR = (-62_135_596_800_000_000, 253_402_214_399_999_999)
OWN = (
    *("sensor", "window_start", "count", "mean", "min", "max", "deviation", "first", "last", "first_at", "last_at"),
    *("unit", "updated_at", "sum", "sum_of_squares", "day", "at", "value"),
)
"""The columns of windows and readings that an entity's column of the same name gives way to."""


def entity_columns(stream: Stream) -> tuple[str, ...]:
    """The entity's columns that windows have, beside the sensor that all of them make up."""
    return tuple(column for column in stream.entity if column.lower() not in OWN)


def stream_of(contract: Contract) -> Stream:
    """What the contract says of its readings; it has been asked before whether it does."""
    if contract.stream is None:
        raise ValueError(f"{contract.name}: the contract has no stream")
    return contract.stream


def converted(value: Column, last: Column, stream: Stream) -> Column:
    """The value in the windows' unit, by the value of the entity's last column where units differ by it."""
    if isinstance(stream.unit, str):
        return _on_line(value, stream.unit, stream)
    changed = value
    for name, unit in (stream.unit or {}).items():
        if unit in stream.convert:
            changed = F.when(last == name, _on_line(value, unit, stream)).otherwise(changed)
    return changed


def _on_line(value: Column, unit: str, stream: Stream) -> Column:
    if unit not in stream.convert:
        return value
    line = conversion(unit, stream.convert[unit])
    return value * line.factor + line.offset


def unit_of(last: Column, stream: Stream) -> Column:
    """The unit of the windows, by the value of the entity's last column; null where the contract does not say."""
    if not isinstance(stream.unit, dict):
        return F.lit(stream.window_unit("")).cast("string")
    unit = F.lit(None).cast("string")
    for name in stream.unit:
        unit = F.when(last == name, F.lit(stream.window_unit(name))).otherwise(unit)
    return unit
