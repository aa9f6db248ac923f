from datetime import timedelta

import pytest

from tests.services.sensor_lake import wave
from tidemill.dashboard.windows import latest, sensor_windows, trends, window_for

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
USUAL = ("1 minute", "1 hour", "1 day")


@pytest.mark.parametrize(
    ("shown", "window"),
    [
        (timedelta(minutes=15), "1 minute"),
        (DAY, "1 minute"),
        (2 * DAY, "1 hour"),
        (30 * DAY, "1 hour"),
        (365 * DAY, "1 day"),
        (9000 * DAY, "1 day"),
    ],
)
def test_the_finest_window_that_a_graph_can_show_is_chosen(shown, window):
    assert window_for(USUAL, shown) == window
    assert window_for(USUAL[::-1], shown) == window


def test_a_sensor_s_windows_are_those_of_the_range_and_of_no_other_sensor(sensor_lake, board, site, now):
    readings = wave("a/temp", now, 3 * DAY, HOUR / 2)
    sensor_lake.windows("1 hour", [*readings, *wave("b/temp", now, DAY, HOUR)])

    found = sensor_windows(board.tables, site, "1 hour", "a/temp", now - 3 * HOUR, now)

    assert [window.start.hour for window in found] == [9, 10, 11, 12]
    of_nine = [value for _, at, value in readings if at.hour == 9 and at.date() == now.date()]
    assert (found[0].count, found[0].least, found[0].greatest) == (2, min(of_nine), max(of_nine))


def test_of_two_rows_of_a_window_the_one_written_last_counts(sensor_lake, board, site, now):
    sensor_lake.windows("1 hour", [("a/temp", now + timedelta(minutes=5), 9.0), ("a/temp", now, 8.0)])
    sensor_lake.windows("1 hour", [("a/temp", now, 7.0)])

    (window,) = sensor_windows(board.tables, site, "1 hour", "a/temp", now - HOUR, now)

    assert window.mean == 8.5


def test_the_latest_of_every_sensor_comes_with_its_usual_gap(sensor_lake, board, site, now):
    sensor_lake.windows("1 day", [*wave("a/temp", now, 3 * DAY, HOUR), ("b/humid", now - DAY, 50.0)])

    found = latest(board.tables, site, now, 30)

    assert (found["a/temp"].at, found["a/temp"].gap, found["a/temp"].unit) == (now, 3600, "celsius")
    assert (found["b/humid"].value, found["b/humid"].gap) == (50.0, None)


def test_a_trend_has_a_gap_where_there_was_no_reading(sensor_lake, board, site, now):
    sensor_lake.windows(
        "1 hour", [("a/temp", now, 3.0), ("a/temp", now - 2 * HOUR, 1.0), ("a/temp", now - 90 * HOUR, 9.0)]
    )

    found = trends(board.tables, site, ["a/temp", "never/heard"], now, hours=4)

    assert found == {"a/temp": [None, 1.0, None, 3.0]}
