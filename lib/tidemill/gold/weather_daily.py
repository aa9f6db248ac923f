"""Daily weather a station: what the hourly readings of one local day add up to."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

NAME = "weather_daily"
READS = ("silver.weather_readings",)
KEY = ("origin", "day")

TIME_ZONE = "America/New_York"
"""The stations' wall clock: a day is theirs, of 23, 24 or 25 hours."""


def build(inputs: Mapping[str, DataFrame]) -> DataFrame:
    """Build the table from the tables it reads."""
    (readings,) = READS
    return weather_daily(inputs[readings])


def weather_daily(readings: DataFrame) -> DataFrame:
    """Summarise the hourly readings of each station and local day.

    Args:
        readings: one row a station and hour: origin string, time_hour timestamp (UTC), temperature_f, dew_point_f,
            humidity_percent, wind_speed_mph, wind_gust_mph, precipitation_in, pressure_hpa double, and _warnings
            array<string> with the checks that the row only just passed. A wind speed that is out of range, and so
            marked there, does not count.

    Returns:
        One row a station and day in America/New_York: origin string, day date, readings and hours_in_day int
        (fewer readings than hours: a gap), means and extremes in the readings' units, the mean temperature in degrees
        Celsius as well, precipitation_in as the day's sum. Means and sums are rounded, so that they do not depend on
        the order in which rows are added.
    """
    wind_speed = F.when(~_is_marked("wind_speed_mph.max"), F.col("wind_speed_mph"))
    day = F.to_date(F.from_utc_timestamp("time_hour", TIME_ZONE)).alias("day")
    daily = readings.groupBy("origin", day).agg(
        F.count("*").cast("int").alias("readings"),
        F.round(F.mean("temperature_f"), 2).alias("temperature_mean_f"),
        F.min("temperature_f").alias("temperature_min_f"),
        F.max("temperature_f").alias("temperature_max_f"),
        F.round((F.mean("temperature_f") - 32) * 5 / 9, 2).alias("temperature_mean_c"),
        F.round(F.mean("dew_point_f"), 2).alias("dew_point_mean_f"),
        F.round(F.mean("humidity_percent"), 2).alias("humidity_mean_percent"),
        F.round(F.mean(wind_speed), 2).alias("wind_speed_mean_mph"),
        F.max("wind_gust_mph").alias("wind_gust_max_mph"),
        F.round(F.sum("precipitation_in"), 4).alias("precipitation_in"),
        F.round(F.mean("pressure_hpa"), 2).alias("pressure_mean_hpa"),
    )
    return daily.select(
        "origin",
        "day",
        "readings",
        _hours_in_day(F.col("day")).alias("hours_in_day"),
        "temperature_mean_f",
        "temperature_min_f",
        "temperature_max_f",
        "temperature_mean_c",
        "dew_point_mean_f",
        "humidity_mean_percent",
        "wind_speed_mean_mph",
        "wind_gust_max_mph",
        "precipitation_in",
        "pressure_mean_hpa",
    )


def _is_marked(check: str) -> Column:
    return F.coalesce(F.array_contains("_warnings", check), F.lit(False))


def _hours_in_day(day: Column) -> Column:
    begins = F.to_utc_timestamp(day.cast("timestamp"), TIME_ZONE)
    ends = F.to_utc_timestamp(F.date_add(day, 1).cast("timestamp"), TIME_ZONE)
    return ((ends.cast("bigint") - begins.cast("bigint")) / 3600).cast("int")
