from datetime import timedelta

import pytest

from tests.services.sensor_lake import wave
from tidemill.dashboard.live import LIVE, LiveReadings
from tidemill.dashboard.tables import Tables

SECOND = timedelta(seconds=1)


@pytest.fixture
def live(board, site):
    return LiveReadings(Tables(board.config, iter(range(10_000)).__next__), site)


def test_readings_of_the_last_minutes_are_there_and_older_ones_are_not_read(sensor_lake, live, now):
    sensor_lake.readings([("a/temp", now - timedelta(hours=2), 1.0)])
    sensor_lake.readings([("a/temp", now - LIVE - timedelta(minutes=1), 2.0), ("a/temp", now - SECOND, 3.0)])

    assert live.of("a/temp", now) == [(now - SECOND, 3.0)]


def test_a_reading_appended_is_there_at_the_next_look(sensor_lake, live, now):
    sensor_lake.readings([("a/temp", now - 2 * SECOND, 1.0)])
    live.readings(now)

    sensor_lake.readings([("a/temp", now - SECOND, 2.0)])

    assert live.of("a/temp", now) == [(now - 2 * SECOND, 1.0), (now - SECOND, 2.0)]


def test_compaction_changes_no_reading(sensor_lake, live, now):
    for number in range(5):
        sensor_lake.readings([("a/temp", now - number * SECOND, float(number)), ("b/temp", now, None)])
    before = live.of("a/temp", now)

    sensor_lake.table("silver.site_readings").optimize.compact()

    assert live.of("a/temp", now) == before
    assert len(before) == 5
    assert live.readings(now).num_rows == 10


def test_readings_leave_as_time_goes_by(sensor_lake, live, now):
    sensor_lake.readings(wave("a/temp", now, timedelta(minutes=10), SECOND))
    assert live.readings(now).num_rows == 601

    later = now + timedelta(minutes=10)

    assert {at for at, _ in live.of("a/temp", later)} == {now - SECOND * n for n in range(301 + later.second % 15)}


def test_the_newest_reading_of_a_sensor_is_the_one_with_the_latest_time_whatever_the_order(sensor_lake, live, now):
    sensor_lake.readings([("a/temp", now - SECOND, 2.0), ("b/temp", now - SECOND, None)])
    sensor_lake.readings([("a/temp", now - 9 * SECOND, 1.0)], delay=timedelta(minutes=1))

    newest = live.newest(now)

    assert newest["a/temp"].value == 2.0
    assert newest["a/temp"].loaded_at == now
    assert newest["b/temp"].value is None


def test_files_without_statistics_count_by_their_age(sensor_lake, live, now, monkeypatch):
    from tidemill.lake.stored import StoredTable

    sensor_lake.readings([("a/temp", now - SECOND, 2.0)])
    monkeypatch.setattr(
        StoredTable,
        "spans",
        lambda self, *c: [{"path": f.path, **dict.fromkeys(c, (None, None))} for f in self.files()],
    )

    assert live.of("a/temp", now) == [(now - SECOND, 2.0)]


def test_the_ranges_of_a_dataset_that_is_history_end_at_its_newest_reading(sensor_lake, live, now):
    old = now - timedelta(days=4000)
    sensor_lake.readings([("a/temp", old, 2.0)])

    assert old <= live.ends(now) <= old + SECOND
    assert live.of("a/temp", now) == [(old, 2.0)]
