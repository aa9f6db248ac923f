from dataclasses import replace
from datetime import timedelta

import plotly.graph_objects as go
import pytest

from tests.services.sensor_lake import opened
from tidemill.alerts import fold
from tidemill.dashboard import figures
from tidemill.dashboard.windows import Window

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shown(now):
    return now - 60 * MINUTE, now


def windows(now, *minutes):
    return [Window(now - n * MINUTE, 3, 10.0 + n, 9.0, 30.0) for n in minutes]


def alerts(*events):
    return fold(events).alerts


def drawn(figure):
    """The traces by name, after plotly has found nothing wrong with the figure."""
    checked = go.Figure(figure)
    return {trace.name: trace for trace in checked.data}


def test_a_sensor_s_picture_has_the_band_the_mean_the_readings_and_the_alerts(now, shown):
    alert = opened("a/temp", now - 9 * MINUTE, score=0.9)

    figure = figures.sensor_figure(windows(now, 3, 2, 1), MINUTE, [(now, 4.0)], alerts(alert), shown, "celsius", "k")

    traces = drawn(figure)
    assert list(traces) == ["least to greatest", "mean", "readings", "alert"]
    assert list(traces["mean"].y) == [13.0, 12.0, 11.0]
    assert list(traces["mean"].x)[-1] == "2026-03-10 11:59:50.000", "the middle of the window"
    assert traces["alert"].customdata[0] == "too_hot, score 0.90"
    (interval,) = figure["layout"]["shapes"]
    assert (interval["x0"], interval["x1"]) == ("2026-03-10 11:51:20.000", "2026-03-10 12:00:20.000")


def test_a_line_is_broken_where_windows_are_missing_and_not_where_a_sensor_seldom_speaks(now, shown):
    missing = figures.sensor_figure(windows(now, 30, 29, 28, 3, 2), MINUTE, [], [], shown, None, "k")
    seldom = figures.sensor_figure(windows(now, 50, 40, 30, 20, 10), MINUTE, [], [], shown, None, "k")

    assert list(drawn(missing)["mean"].y) == [40.0, 39.0, 38.0, None, 13.0, 12.0]
    assert None not in drawn(seldom)["mean"].y


def test_an_alert_outside_the_range_is_not_drawn_and_one_that_began_before_it_begins_at_its_edge(now, shown):
    long_over, lasting = opened("a/temp", now - 600 * MINUTE), opened("a/temp", now - 90 * MINUTE)
    closed = replace(long_over, event="closed", event_at=now - 500 * MINUTE)

    figure = figures.sensor_figure(windows(now, 1), MINUTE, [], alerts(long_over, closed, lasting), shown, None, "k")

    (interval,) = figure["layout"]["shapes"]
    assert interval["x0"] == "2026-03-10 11:00:20.000"
    assert "alert" not in drawn(figure)


def test_an_alert_whose_beginning_is_not_known_is_drawn_from_the_edge_to_its_end_and_not_marked(now, shown):
    closed = replace(opened("a/temp", now), event="closed", event_at=now - 30 * MINUTE)

    figure = figures.sensor_figure(windows(now, 1), MINUTE, [], alerts(closed), shown, None, "k")

    (interval,) = figure["layout"]["shapes"]
    assert (interval["x0"], interval["x1"]) == ("2026-03-10 11:00:20.000", "2026-03-10 11:30:20.000")
    assert "alert" not in drawn(figure)


def test_too_many_readings_are_thinned_out(now, shown):
    readings = [(now - timedelta(seconds=n) / 10, float(n)) for n in range(9000)]

    figure = figures.sensor_figure([], MINUTE, readings, [], shown, None, "k")

    assert len(drawn(figure)["readings"].x) <= figures.MOST_READINGS


def test_a_text_from_data_is_no_markup_in_a_figure(now, shown):
    hostile = "<a href='https://evil'>x</a>"
    alert = opened("a/temp", now - MINUTE, rule=hostile)

    figure = figures.sensor_figure([], MINUTE, [], alerts(alert), shown, hostile, "k")
    lines = figures.lines({hostile: ([now], [1.0])}, hostile, shown, "k", MINUTE)

    assert "<a" not in str(figure)
    assert "<a" not in str(lines)


def test_a_line_over_time_is_broken_where_nothing_was_told(now, shown):
    times = [now - 20 * MINUTE, now - 19 * MINUTE, now]

    figure = figures.lines({"rate": (times, [1.0, 2.0, 3.0])}, "rows", shown, "k", 3 * MINUTE)

    assert list(drawn(figure)["rate"].y) == [1.0, 2.0, None, 3.0]
