from datetime import timedelta

from tidemill.dashboard.progress import MOST_POINTS, progress

HOUR = timedelta(hours=1)


def test_each_query_has_a_point_a_minute(sensor_lake, board, now):
    sensor_lake.progress(now, 90, rows_late=2)
    sensor_lake.progress(now, 5, query="windows")

    found = progress(board.tables, now, HOUR)

    readings = found["site_readings", "readings"]
    assert (len(readings), len(found["site_readings", "windows"])) == (61, 5)
    assert readings[-1].at == now.replace(second=0)
    assert (readings[-1].rate, readings[-1].capacity) == (6500 / 60 + 10 / 6, 6600 / 24)
    assert (readings[-1].late, readings[-1].delay_p95) == (2, 1.1)


def test_a_long_range_is_gathered_into_steps_that_lose_no_row_and_keep_the_worst(sensor_lake, board, now):
    sensor_lake.progress(now, 2000)
    sensor_lake.progress(now - timedelta(minutes=77), 1, delay_p95=50.0, rows=1)

    found = progress(board.tables, now, timedelta(days=7))["site_readings", "readings"]

    assert len(found) <= MOST_POINTS
    assert sum(point.rows for point in found) == sum(6000 + 100 * (n % 7) for n in range(1, 2001)) + 1
    assert max(point.delay_p95 for point in found) == 50.0


def test_where_no_stream_ran_there_is_nothing(board, now):
    assert progress(board.tables, now, HOUR) == {}
