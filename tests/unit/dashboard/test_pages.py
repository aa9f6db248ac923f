import json
from datetime import timedelta

import pytest
from plotly.utils import PlotlyJSONEncoder

from tests.services.sensor_lake import opened, wave
from tidemill.dashboard.app import made_page
from tidemill.dashboard.pages import PAGES
from tidemill.dashboard.parts import Graph, Part, Query, address, sparkline

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HOSTILE = "<img src=x onerror=alert(1)>/temp"


def texts(page):
    """Everything that a page would put on the screen or into an attribute, as one text."""
    return json.dumps(
        [one.content if isinstance(one, Part) else one.figure for one in page.flat()],
        cls=PlotlyJSONEncoder,
        ensure_ascii=False,
    )


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/", "spark-submit jobs/ingest.py"),
        ("/sensors", "spark-submit jobs/stream.py --dataset site_readings"),
        ("/sensor", "Choose one from the list"),
        ("/alerts", "conf/alerts/NAME.yaml"),
        ("/streams", "No stream has run yet: spark-submit jobs/stream.py --dataset site_readings"),
        ("/runs", "No run yet: spark-submit"),
    ],
)
def test_a_page_of_an_empty_lake_says_what_to_do_next(board, path, told):
    assert told in texts(made_page(board, Query(path)))


def test_the_overview_tells_what_is_wrong_and_how_each_dataset_does(sensor_lake, board, now):
    sensor_lake.alert([opened("a/temp", now - MINUTE)])
    sensor_lake.run("people", "ingest", now - 5 * DAY, read=10, accepted=9, quarantined=1)
    sensor_lake.run("people", "ingest", now - DAY, error="the source is away")
    sensor_lake.progress(now, 30, rows_quarantined=3)

    page = made_page(board, Query("/"))

    told = texts(page)
    assert "a/temp is above 90" in told
    assert "people has brought no rows for 4 days" in told or "people has brought no rows for 5 days" in told
    assert "the source is away" in told
    assert f"{sum(6000 + 100 * (n % 7) for n in range(1, 31)):,}" in told, "the readings of the last hour"
    assert "ops.stream_progress" in told
    assert any(isinstance(one, Graph) for one in page.flat())


def test_readings_that_came_twice_are_not_among_the_accepted_of_a_stream(sensor_lake, board, now):
    sensor_lake.progress(now, 30)
    sensor_lake.run("site_readings", "stream", now - 10 * MINUTE, read=6000, accepted=5100, duplicate=900)
    sensor_lake.run("site_readings", "stream", now - 3 * 60 * MINUTE, read=6000, accepted=5900, duplicate=100)

    told = texts(made_page(board, Query("/")))

    read = sum(6000 + 100 * (n % 7) for n in range(1, 31))
    assert f"{read:,}" in told and f"{read - 900:,}" in told


def test_the_delay_of_old_readings_that_are_sent_again_is_told_in_days(sensor_lake, board, now):
    sensor_lake.progress(now, 3, delay_p95=400.0 * DAY.total_seconds())

    page = made_page(board, Query("/streams"))

    assert "400 days" in texts(page)
    (graph,) = [one for one in page.flat() if isinstance(one, Graph) and one.name == "streams-delay"]
    assert graph.figure["layout"]["yaxis"]["title"]["text"] == "days"
    assert set(graph.figure["data"][0]["y"]) == {400.0}


def test_a_list_of_many_sensors_comes_in_pages(sensor_lake, board, now):
    sensor_lake.windows("1 day", [(f"s{n:04}/temp", now, 1.0) for n in range(1200)])

    first, last = (texts(made_page(board, Query("/sensors", {"page": page}))) for page in ("1", "999"))

    assert "s0049/temp" in first
    assert "s0050/temp" not in first
    assert "1,200 sensors, page 24 of 24" in last
    assert "s1199/temp" in last
    assert "s0777/temp" in texts(made_page(board, Query("/sensors", {}, "0777")))


def test_a_page_that_is_asked_for_in_a_strange_way_is_a_page(sensor_lake, board, now):
    sensor_lake.readings([("a/temp", now, 1.0)])
    strange = {"page": "-1e9", "state": "<b>", "dataset": "../..", "range": "1y", "sensor": "nobody"}

    for path in PAGES:
        assert made_page(board, Query(path, strange, "(" * 99, ("never", "2026-03-10"))).title != "Failed"
    assert "no such page" in texts(made_page(board, Query("/etc/passwd")))


def test_a_sensor_s_page_shows_what_a_person_zoomed_to_in_finer_windows(sensor_lake, board, now):
    readings = wave("a/temp", now, 2 * DAY, 5 * MINUTE)
    for window in ("1 minute", "1 hour", "1 day"):
        sensor_lake.windows(window, readings)
    query = {"dataset": "site_readings", "sensor": "a/temp", "range": "30d"}

    whole = made_page(board, Query("/sensor", query))
    zoomed = made_page(board, Query("/sensor", query, zoom=("2026-03-09 10:00:00", "2026-03-09 11:00:00.5")))

    assert "Windows of 1 hour" in next(one.caption for one in whole.flat() if isinstance(one, Graph))
    graph = next(one for one in zoomed.flat() if isinstance(one, Graph))
    assert "Windows of 1 minute" in graph.caption
    means = next(trace for trace in graph.figure["data"] if trace["name"] == "mean")
    assert 12 <= len(means["x"]) < 40
    assert graph.figure["layout"]["xaxis"]["range"][0] < "2026-02-09", "the range stays the one that was chosen"


def test_a_sensor_s_name_is_text_on_every_page(sensor_lake, board, now):
    sensor_lake.readings([(HOSTILE, now, 1.0)])
    sensor_lake.alert([opened(HOSTILE, now, text="<script>alert(1)</script>")])

    for path in ("/", "/sensors", "/alerts", "/sensor"):
        page = made_page(board, Query(path, {"dataset": "site_readings", "sensor": HOSTILE}))
        content = texts(page)
        assert "<script>" in content or "<img" in content, "as text it is shown"
        assert "dangerously" not in content
        assert "Markdown" not in content


def test_quarantined_rows_are_counted_by_check_and_their_personal_values_masked(sensor_lake, board, now):
    run = sensor_lake.run("people", "ingest", now - DAY, read=2, accepted=1, quarantined=1)
    failure = {"check": "email.pattern", "column": "email", "value": "ada", "message": "no address, got 'ada'"}
    sensor_lake.refuse("people", run, now - DAY, {"id": "4711", "email": "ada"}, failure)

    told = texts(made_page(board, Query("/runs", {"dataset": "people"})))

    assert "email.pattern" in told
    assert "no address, got ***" in told
    assert "4711" not in told


def test_a_contract_that_is_wrong_is_told_on_the_page(sensor_lake, board):
    (sensor_lake.conf / "datasets/broken.yaml").write_text("name: broken\n")

    assert "broken.yaml" in texts(made_page(board, Query("/")))


def test_a_table_that_cannot_be_read_is_told_on_the_page(sensor_lake, board):
    log = sensor_lake.home / "lake/ops/alert_events/_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("no json\n")

    page = made_page(board, Query("/alerts"))

    assert page.title == "Not readable"
    assert "alert_events cannot be read" in texts(page)


def test_an_address_leaves_out_what_is_not_chosen_and_quotes_the_rest():
    assert address("/sensors", state=None) == "/sensors"
    assert address("/sensor", sensor="a/b&c d") == "/sensor?sensor=a%2Fb%26c%20d"


def test_a_small_line_has_gaps_and_needs_two_values():
    assert sparkline([None, 1.0]) is None
    drawn = sparkline([1.0, None, 2.0, 3.0]).style["maskImage"]
    assert drawn.count("M0.0") == 1
    assert drawn.count("M66.7") == 1
