from datetime import timedelta

import pytest

from tests.services.sensor_lake import wave
from tidemill.dashboard.tables import NEWS_EVERY, Tables

HOUR = timedelta(hours=1)


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def tables(board, clock):
    return Tables(board.config, lambda: clock[0])


def test_an_answer_is_made_again_when_its_table_has_changed_and_not_before(sensor_lake, tables, clock, now):
    made = []

    def answer():
        return tables.remembered("q", ["silver.site_readings"], lambda: made.append(1) or len(made))

    assert answer() == 1
    clock[0] += NEWS_EVERY
    assert answer() == 1

    sensor_lake.readings([("a/temp", now, 20.0)])
    clock[0] += NEWS_EVERY
    assert answer() == 2


def test_a_table_s_log_is_asked_for_news_at_most_once_a_second(sensor_lake, tables, clock, now):
    sensor_lake.readings([("a/temp", now, 20.0)])
    assert tables.version("silver.site_readings") == 0
    sensor_lake.readings([("a/temp", now, 21.0)])

    clock[0] += NEWS_EVERY / 2
    assert tables.version("silver.site_readings") == 0
    clock[0] += NEWS_EVERY / 2
    assert tables.version("silver.site_readings") == 1


def test_a_file_is_read_once_for_a_question_and_only_the_new_one_after_a_commit(
    sensor_lake, tables, clock, now, monkeypatch
):
    from tidemill.lake.stored import StoredTable

    read = []
    pieces = StoredTable.pieces
    monkeypatch.setattr(
        StoredTable, "pieces", lambda self, *a, files, **k: read.extend(files) or pieces(self, *a, files=files, **k)
    )
    sensor_lake.windows("1 hour", wave("a/temp", now, timedelta(days=2), HOUR))

    def asked():
        return tables.rows(
            "gold.site_readings_1_hour", ("sensor", "mean"), {"day": (now.date() - timedelta(1), now.date())}
        )

    assert asked().num_rows == 24 + 13
    assert len(read) == 2, "two of three days"
    sensor_lake.windows("1 hour", [("b/temp", now, 5.0)])
    clock[0] += NEWS_EVERY

    assert asked().num_rows == 24 + 13 + 1
    assert len(read) == len(set(read)) == 3


def test_rows_of_one_sensor_are_those_of_one_sensor(sensor_lake, tables, now):
    sensor_lake.windows("1 hour", [("a/temp", now, 1.0), ("b/temp", now, 2.0)])

    found = tables.rows("gold.site_readings_1_hour", ("sensor", "mean"), {}, {"sensor": ("b/temp", "b/temp")})

    assert found.to_pylist() == [{"sensor": "b/temp", "mean": 2.0}]
    assert tables.rows("gold.site_readings_1_hour", ("sensor",), {}, {"sensor": ("c", "c")}) is None
    assert tables.rows("gold.never_written", ("sensor",), {}) is None
