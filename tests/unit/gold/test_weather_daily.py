from datetime import date

from pyspark.sql import functions as F

from tidemill.gold.weather_daily import READS, build, weather_daily

COLUMNS = (
    "origin string, at string, temperature_f double, dew_point_f double, humidity_percent double, "
    "wind_speed_mph double, wind_gust_mph double, precipitation_in double, pressure_hpa double, "
    "_warnings array<string>"
)


def readings(spark, *rows):
    at = F.to_timestamp("at").alias("time_hour")
    return spark.createDataFrame(list(rows), COLUMNS).select("*", at).drop("at")


def reading(origin, at, fahrenheit=50.0, wind=10.0, gust=None, rain=0.0, warnings=()):
    return (origin, at, fahrenheit, 40.0, 60.0, wind, gust, rain, 1015.0, list(warnings))


def test_a_day_is_the_station_s_own(spark):
    given = readings(spark, reading("JFK", "2013-07-02T03:00:00Z"), reading("JFK", "2013-07-02T04:00:00Z"))

    days = weather_daily(given).orderBy("day").collect()

    assert [(row["day"], row["readings"]) for row in days] == [(date(2013, 7, 1), 1), (date(2013, 7, 2), 1)]


def test_the_hour_that_the_wall_clock_repeats_counts_twice(spark):
    given = readings(
        spark,
        reading("LGA", "2013-11-03T05:00:00Z"),
        reading("LGA", "2013-11-03T06:00:00Z"),
        reading("LGA", "2013-03-10T12:00:00Z"),
        reading("LGA", "2013-05-01T12:00:00Z"),
    )

    days = weather_daily(given).orderBy("day").select("readings", "hours_in_day").collect()

    assert [tuple(row) for row in days] == [(1, 23), (1, 24), (2, 25)]


def test_a_day_s_figures_are_those_of_its_readings(spark):
    given = readings(
        spark,
        reading("EWR", "2013-07-01T12:00:00Z", fahrenheit=32.0, gust=20.0, rain=0.1),
        reading("EWR", "2013-07-01T13:00:00Z", fahrenheit=50.0, gust=None, rain=0.2),
    )

    (day,) = weather_daily(given).collect()

    assert (day["temperature_min_f"], day["temperature_mean_f"], day["temperature_max_f"]) == (32.0, 41.0, 50.0)
    assert day["temperature_mean_c"] == 5.0
    assert day["precipitation_in"] == 0.3
    assert day["wind_gust_max_mph"] == 20.0


def test_a_wind_speed_marked_as_out_of_range_does_not_count(spark):
    given = readings(
        spark,
        reading("EWR", "2013-02-12T08:00:00Z", wind=1048.4, warnings=["wind_speed_mph.max"]),
        reading("EWR", "2013-02-12T09:00:00Z", wind=8.0, warnings=["temperature_f.max"]),
        reading("EWR", "2013-02-12T10:00:00Z", wind=10.0),
    )

    (day,) = weather_daily(given).collect()

    assert day["wind_speed_mean_mph"] == 9.0
    assert day["readings"] == 3


def test_it_is_built_from_the_table_it_names(spark):
    given = readings(spark, reading("EWR", "2013-02-12T08:00:00Z"))

    assert build({"silver.weather_readings": given}).count() == 1
    assert READS == ("silver.weather_readings",)
