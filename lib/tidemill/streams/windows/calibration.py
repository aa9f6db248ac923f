"""Readings corrected by a table that says how far off each sensor is, as it stood at the time of the reading."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract.stream import Calibration
from tidemill.errors import RequestWrong, suggestion

SENSOR = "sensor"


class WrongCalibration(RequestWrong):
    """A calibration table lacks a column."""

    def __init__(self, table: str, column: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"{table}: the calibration needs a column '{column}', which the table does not have. "
            f"{suggestion(column, columns)} Name its columns under stream.calibration in the dataset's contract."
        )


def corrections(table: DataFrame, calibration: Calibration, entity: Sequence[str]) -> DataFrame:
    """What holds for each sensor from when on.

    Args:
        table: the calibration table; rows without a sensor are passed over.
        calibration: what its columns are called.
        entity: the columns that name a sensor where the table has no column `sensor`.

    Returns:
        One row a sensor: sensor string, rows array<struct<since bigint (microseconds), factor double, offset double>>,
        the oldest first. Of rows with the same `since` the one with the greatest factor, then offset, stands last.

    Raises:
        WrongCalibration: the table lacks a column.
    """
    sensor = _sensor(table, calibration, entity)
    named = (calibration.offset, calibration.factor, calibration.since)
    for column in filter(None, named):
        _require(table, calibration, column)
    # Before everything: a row that holds for ever.
    since = F.unix_micros(F.col(calibration.since).cast("timestamp")) if calibration.since else F.lit(None)
    row = F.struct(
        F.coalesce(since, F.lit(-(2**63))).cast("bigint").alias("since"),
        F.coalesce(F.col(calibration.factor).cast("double") if calibration.factor else F.lit(None), F.lit(1.0)).alias(
            "factor"
        ),
        F.coalesce(F.col(calibration.offset).cast("double"), F.lit(0.0)).alias("offset"),
    )
    rows = table.select(sensor.alias(SENSOR), row.alias("row")).where(F.col(SENSOR).isNotNull())
    return rows.groupBy(SENSOR).agg(F.sort_array(F.collect_list("row")).alias("rows"))


def _sensor(table: DataFrame, calibration: Calibration, entity: Sequence[str]) -> Column:
    if SENSOR in table.columns and not set(entity) <= set(table.columns):
        return F.col(SENSOR).cast("string")
    for column in entity:
        _require(table, calibration, column)
    return sensor_of(entity)


def _require(table: DataFrame, calibration: Calibration, column: str) -> None:
    if column not in table.columns:
        raise WrongCalibration(calibration.table, column, table.columns)


def sensor_of(entity: Sequence[str]) -> Column:
    """The name of a sensor: the values of the entity's columns with / between; null where one is null."""
    names = [F.col(column).cast("string") for column in entity]
    return F.concat(names[0], *(part for name in names[1:] for part in (F.lit("/"), name)))


def corrected(readings: DataFrame, rows: DataFrame) -> DataFrame:
    """The readings with value x factor + offset of the newest row at or before each reading's time.

    A reading of a sensor that has no row then stays as it is. The corrections are handed to every executor whole: they
    have one row a sensor.

    Args:
        readings: sensor string, at bigint (microseconds), value double, and whatever else.
        rows: see `corrections`.
    """
    holding = F.try_element_at(F.filter("rows", lambda row: row["since"] <= F.col("at")), F.lit(-1))
    joined = readings.join(F.broadcast(rows), SENSOR, "left").withColumn("_row", holding)
    value = F.coalesce(F.col("value") * F.col("_row.factor") + F.col("_row.offset"), F.col("value"))
    return joined.withColumn("value", value).drop("rows", "_row")
