"""Days of window tables in few sorted files."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import functions as F

from tests.stream_contracts import site_contract
from tidemill.lake import Lake
from tidemill.lake.batches import BatchMark, exchange, make, newest_mark
from tidemill.lake.upkeep import bin_pack, files_of, remove_unused
from tidemill.streams.windows import upkeep
from tidemill.streams.windows.tables import PROPERTIES
from tidemill.streams.windows.upkeep import FILES_PER_CLOSED_DAY, Upkeep

NAME = "gold.site_1_minute"
CONTRACT = site_contract(windows=["1 minute"])
FIRST = datetime(2024, 3, 1, 10, tzinfo=UTC)


@pytest.fixture
def filled(lake, many_files):
    """A day of more small files than it may have, and one window of the next day; a silver of two files."""
    shutil.copytree(many_files, lake.root)
    return lake


@pytest.fixture(scope="module")
def many_files(spark, tmp_path_factory):
    """The lake that each test has a copy of."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("many") / "lake"))
    columns = "sensor string, window_start timestamp, day date"
    nothing = lake.spark.createDataFrame([], columns)
    make(lake, NAME, nothing, BatchMark("e", -1), ("day",), PROPERTIES)
    starts = [FIRST + timedelta(minutes=n) for n in range(FILES_PER_CLOSED_DAY + 1)] + [FIRST + timedelta(days=1)]
    for batch, start in enumerate(starts):
        rows = lake.spark.createDataFrame([(name, start, start.date()) for name in "BA"], columns)
        exchange(
            lake, NAME, rows.coalesce(1), f"window_start = timestamp'{start:%Y-%m-%dT%H:%M:%SZ}'", BatchMark("e", batch)
        )
    for value in (1, 2):
        for name in ("silver.site", "bronze.site"):
            lake.append(name, lake.spark.createDataFrame([(value,)], "value int").coalesce(1), None)
    return lake.root


def test_a_closed_day_becomes_one_sorted_file_with_statistics_and_the_open_one_stays(filled):
    before = filled.read(NAME).orderBy("sensor", "window_start").collect()

    Upkeep(filled, CONTRACT, [NAME]).look_after(FIRST + timedelta(days=1))

    found = {
        row["day"]: row for row in files_of(filled, NAME).withColumn("day", F.col("partitionValues.day")).collect()
    }
    assert sorted(found) == ["2024-03-01", "2024-03-02"]
    assert '"minValues":{"sensor":"A","window_start":"2024-03-01T10:00:00.000Z"}' in found["2024-03-01"]["stats"]
    assert filled.read(NAME).where("day = date'2024-03-01'").collect() == before[: FILES_PER_CLOSED_DAY + 1] + [
        row for row in before if row["sensor"] == "B" and row["day"] == FIRST.date()
    ]
    assert newest_mark(filled, NAME).batch == FILES_PER_CLOSED_DAY + 1


def test_the_hour_that_goes_on_is_left_out_of_an_open_day(filled, monkeypatch):
    monkeypatch.setattr(upkeep, "FILES_PER_OPEN_DAY", 1)
    Upkeep(filled, CONTRACT, [NAME]).look_after(FIRST + timedelta(minutes=30))
    day = F.col("partitionValues.day")
    assert files_of(filled, NAME).where(day == "2024-03-01").count() == FILES_PER_CLOSED_DAY + 1

    Upkeep(filled, CONTRACT, [NAME]).look_after(FIRST + timedelta(minutes=60))
    assert files_of(filled, NAME).where(day == "2024-03-01").count() == 1


@pytest.mark.parametrize("name", ["silver.site", "bronze.site"])
def test_small_files_are_packed_where_there_are_many(filled, monkeypatch, name):
    Upkeep(filled, CONTRACT, []).look_after(FIRST)
    assert files_of(filled, name).count() == 2

    monkeypatch.setattr(upkeep, "SMALL_FILES", 1)
    Upkeep(filled, CONTRACT, []).look_after(FIRST)
    assert files_of(filled, name).count() == 1
    assert {row["value"] for row in filled.read(name).collect()} == {1, 2}


def test_removing_what_is_unused_leaves_what_is_read(filled):
    bin_pack(filled, "silver.site")
    remove_unused(filled, "silver.site")
    assert filled.read("silver.site").count() == 2
