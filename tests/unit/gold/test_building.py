import pytest
from pyspark.sql import functions as F

from tidemill.gold import build_gold
from tidemill.lake import Ledger, recorded_run

COLUMNS = (
    "origin string, at string, temperature_f double, dew_point_f double, humidity_percent double, "
    "wind_speed_mph double, wind_gust_mph double, precipitation_in double, pressure_hpa double, "
    "_warnings array<string>"
)


class Killed(BaseException):
    """What a job cannot handle."""


def deliver(lake, hour):
    row = ("JFK", f"2013-07-02T{hour:02}:00:00Z", 50.0, 40.0, 60.0, 10.0, None, 0.0, 1015.0, [])
    rows = lake.spark.createDataFrame([row], COLUMNS).withColumn("time_hour", F.to_timestamp("at")).drop("at")
    with recorded_run(lake, "test", "weather_readings", {"hour": hour}) as run:
        lake.append("silver.weather_readings", rows, run.mark)


def test_a_table_whose_build_was_killed_after_its_commit_is_built_of_what_came_since(lake, monkeypatch):
    def killed(*_):
        raise Killed

    deliver(lake, 12)
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "commit", killed)
        with pytest.raises(Killed):
            build_gold(lake, "weather_daily")
    deliver(lake, 13)

    build_gold(lake, "weather_daily")

    assert [row["readings"] for row in lake.read("gold.weather_daily").collect()] == [2]
