"""What the stream learns of silver when somebody else has written there."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.stream_contracts import site_contract
from tidemill.lake import Mark
from tidemill.streams.readings.others import with_others
from tidemill.streams.readings.state import ReadingState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = 1_000_000
HOUR = 3600 * SECOND
SILVER = "silver.site"
CONTRACT = site_contract()


def micros(seconds):
    return int(NOON.timestamp() + seconds) * SECOND


@pytest.fixture
def write(spark, lake):
    def rows(*readings, mark=None, metadata=None):
        given = [(station, NOON + timedelta(seconds=second), 1.0) for station, second in readings]
        frame = spark.createDataFrame(given, "station string, at timestamp, value double")
        lake.append(SILVER, frame, mark, metadata=metadata)

    return rows


def own(batch, store="mine"):
    return json.dumps({"store": store, "batch": batch, "run_id": "r", "figures": {}})


def look(state, lake, horizon=HOUR):
    return with_others(state, lake, CONTRACT, "mine", horizon)


def test_where_there_is_no_silver_nothing_is_learnt(lake):
    assert look(ReadingState(), lake) == ReadingState()


def test_what_the_stream_and_upkeep_commit_is_no_news(lake, write):
    write(("a", 0), metadata=own(0))
    before = ReadingState({"a": micros(0)}, micros(0), silver=0)
    write(("a", 1), metadata=own(1))
    lake.compact(SILVER)

    assert look(before, lake) == ReadingState({"a": micros(0)}, micros(0), silver=2)


@pytest.mark.parametrize("known", [0, None], ids=["the version before", "no version"])
def test_a_replayed_reading_is_learnt_with_what_silver_has_beside_it(lake, write, known):
    write(("a", 0), ("b", 5), metadata=own(0))
    write(("a", 10), mark=Mark("replayed", "s", 1))

    found = look(ReadingState({"a": micros(0), "b": micros(5)}, micros(5), b"", silver=known), lake)

    assert found.newest == {"a": micros(10), "b": micros(5)}
    assert found.silver == 1


def test_a_silver_that_was_made_anew_is_learnt_although_its_commits_begin_again(lake, write):
    write(("a", 10), mark=Mark("rebuilt", "s", 1))

    assert look(ReadingState({"a": micros(0)}, micros(0), silver=7), lake).newest == {"a": micros(10)}


def test_readings_from_before_the_horizon_are_left_unread(lake, write):
    write(("a", -7200), ("b", 1), mark=Mark("replayed", "s", 1))

    assert look(ReadingState({}, micros(0)), lake).newest == {"b": micros(1)}
    assert look(ReadingState({}, micros(0), whole=True), lake).newest == {"a": micros(-7200), "b": micros(1)}
