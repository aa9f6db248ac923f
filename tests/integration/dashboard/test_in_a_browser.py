"""What a person sees and does: screenshots are kept in the folder that TIDEMILL_SCREENSHOTS names."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.services.sensor_lake import opened

SENSOR = "/sensor?dataset=site_readings&sensor=station-01%2Ftemp"
PAGES = {
    "overview": ("/", "Datasets"),
    "sensors": ("/sensors", "station-04/temp"),
    "sensor": (f"{SENSOR}&range=1h", "1 h"),
    "sensor-month": ("/sensor?dataset=site_readings&sensor=station-02%2Fhumid&range=30d", "30 d"),
    "alerts": ("/alerts", "Acknowledge"),
    "streams": ("/streams?range=6h", "windows"),
    "runs": ("/runs?dataset=people", "id.type"),
}
GRAPHS = ("overview", "sensor", "sensor-month", "streams")
DRAWN = ".js-plotly-plot .scatterlayer path"


def seconds(moment):
    return (datetime.now(UTC) - moment).total_seconds()


def tidemill(sensor_lake, *arguments):
    """What the command prints."""
    command = [sys.executable, "-c", "from tidemill.cli.main import run; run()", *arguments]
    command += ["--home", str(sensor_lake.home)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def until(page, condition):
    """Await a condition in the page, whose policy lets nobody evaluate a text from within."""
    for _ in range(400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within 20 seconds: {condition}")


def test_a_reading_appended_to_silver_is_on_the_screen_within_five_seconds(sensor_lake, served, open_page):
    page = open_page(f"{served}{SENSOR}&range=15m")
    page.wait_for_selector(DRAWN)

    appended = datetime.now(UTC)
    sensor_lake.readings([("station-01/temp", appended, 47.25)], delay=timedelta(0))

    page.get_by_text("47.25 °C", exact=True).wait_for()
    until(page, "document.querySelector('.js-plotly-plot').data.find(t => t.name == 'readings').y.includes(47.25)")
    assert seconds(appended) < 5


def test_an_alert_appears_is_acknowledged_and_closes(sensor_lake, served, open_page, screenshots):
    page = open_page(f"{served}/alerts")
    page.get_by_text("odd_hour").wait_for()
    alert = opened("station-01/temp", datetime.now(UTC))

    sensor_lake.alert([alert])

    card = page.locator(".alerts li", has_text="station-01/temp is above 90")
    card.wait_for()
    assert seconds(alert.at) < 5
    assert page.locator("#navigation .many").text_content() == "2"
    card.get_by_role("button", name="Acknowledge").click()
    page.locator("#form-confirm").click()
    page.get_by_text("Give your name").wait_for()
    page.screenshot(path=screenshots / "acknowledge.png")
    page.locator("#form-name").fill("Ada Lovelace")
    page.locator("#form-name").press("Enter")
    card.get_by_text("acknowledged by Ada Lovelace").wait_for()
    assert page.locator("#form").is_hidden()
    listed = [json.loads(line) for line in tidemill(sensor_lake, "alerts", "list", "--json").splitlines()]
    (told,) = [one for one in listed if one["alert_id"] == alert.alert_id]
    assert (told["state"], told["acknowledged_by"]) == ("acknowledged", "Ada Lovelace")

    sensor_lake.alert([replace(alert, event="closed", at=datetime.now(UTC), event_at=datetime.now(UTC))])

    page.locator("#page table tr", has_text="station-01/temp is above 90").wait_for()
    assert card.count() == 0
    assert alert.alert_id not in tidemill(sensor_lake, "alerts", "list", "--json")


def test_what_is_silenced_by_the_command_for_all_that_fit_is_silenced_on_the_page(sensor_lake, served, open_page):
    page = open_page(f"{served}/alerts")
    card = page.locator(".alerts li", has_text="odd_hour")
    card.wait_for()

    tidemill(sensor_lake, "alerts", "silence", "--sensor", "station-02/*", "--by", "Eve", "--for", "3 hours")

    card.get_by_text("silenced by Eve for 2 hours, with all that fit").wait_for()
    assert page.locator(".alerts li").count() == 1


def test_an_alert_is_silenced_for_as_long_as_was_chosen_by_keys_alone(sensor_lake, served, open_page):
    page = open_page(f"{served}/alerts")
    button = page.locator(".alerts li").get_by_role("button", name="Silence")
    button.focus()
    page.keyboard.press("Enter")
    page.locator("#form").wait_for()
    until(page, "document.activeElement.id == 'form-name'")

    page.keyboard.press("Escape")
    page.locator("#form").wait_for(state="hidden")
    until(page, "document.activeElement.textContent == 'Silence'")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id == 'form-name'")
    page.locator("#form-hours label", has_text="1 day").click()
    page.locator("#form-name").fill("Eve")
    page.locator("#form-name").press("Enter")

    page.get_by_text("silenced by Eve for 23 hours").wait_for()
    assert button.count() == 0


def test_a_zoom_is_kept_while_readings_come_and_given_up_with_another_range(sensor_lake, served, open_page):
    page = open_page(f"{served}{SENSOR}&range=1h")
    page.wait_for_selector(DRAWN)
    shown = "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range.join()"
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 52, steps=4)
    before = page.evaluate(shown)
    page.mouse.up()
    until(page, f"{shown} != '{before}'")
    zoomed = page.evaluate(shown)

    sensor_lake.readings([("station-01/temp", datetime.now(UTC), 48.5)])
    page.get_by_text("48.5 °C", exact=True).wait_for()
    assert page.evaluate(shown) == zoomed

    page.get_by_role("link", name="7 d").click()
    until(
        page,
        "(range => new Date(range[1]) - new Date(range[0]) > 6.9 * 864e5)"
        "(document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range)",
    )


def test_sensors_are_found_by_typing_and_by_state(served, open_page):
    page = open_page(f"{served}/sensors")
    page.get_by_text("station-04/temp").wait_for()

    page.locator("#search").type("03 PRESS")
    # Each letter filters, so that the last one's answer may follow others.
    expect(page.locator("#page tbody tr")).to_have_count(1)
    page.get_by_text("no reading for").wait_for()

    page.locator("#search").fill("")
    page.get_by_role("link", name="alerting 1").click()
    expect(page.locator("#page tbody tr")).to_have_count(1)
    page.locator("#page tbody tr", has_text="station-02/humid").wait_for()


def test_what_devices_call_themselves_is_never_markup(sensor_lake, served, open_page):
    hostile = "<img src=x onerror=window.hacked=1><b>x</b>/temp"
    now = datetime.now(UTC)
    sensor_lake.readings([(hostile, now, 1.0)])
    sensor_lake.alert([opened(hostile, now, "<b>rule</b>", text="<script>window.hacked=1</script>")])
    page = open_page(f"{served}/sensors")

    page.get_by_role("link", name=hostile).click()
    page.wait_for_selector(DRAWN)
    page.get_by_text("<script>window.hacked=1</script>").first.wait_for()

    assert page.evaluate("window.hacked") is None
    assert page.locator("#page b, #page img, #page script").count() == 0


def test_a_person_s_choice_of_light_or_dark_outlasts_the_page_and_graphs_follow(served, open_page):
    page = open_page(served)
    page.wait_for_selector(DRAWN)
    ink = "document.querySelector('.js-plotly-plot')._fullLayout.font.color"
    light = page.evaluate(ink)

    page.get_by_role("button", name="Dark").click()
    until(page, f"{ink} != '{light}'")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.reload()
    page.wait_for_selector(DRAWN)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.get_by_role("button", name="Light").wait_for()


def test_a_graph_asks_for_the_small_plotly_alone(served, open_page):
    page = open_page(served)
    page.wait_for_selector(DRAWN)

    asked = page.evaluate("performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)")

    assert [path for path in asked if "plotly" in path] == ["/assets/plotly-basic.min.js"]


def test_figures_that_grow_old_are_not_passed_off_as_new(served, open_page):
    page = open_page(served)
    page.wait_for_selector(DRAWN)
    page.evaluate("() => { window.fetch = () => new Promise(() => {}) }")

    page.get_by_text("what is shown is old").wait_for(timeout=25_000)


def test_nothing_is_seen_without_the_password(served_with_password, open_page, screenshots):
    page = open_page(f"{served_with_password}/sensors")
    page.locator("input[name=password]").wait_for()
    page.screenshot(path=screenshots / "login.png")

    page.locator("input[name=password]").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_selector(DRAWN)


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1440, False), (1440, True)])
def test_every_page_fits_a_telephone_and_a_desk_light_and_dark(served, open_page, screenshots, width, dark):
    page = open_page(served, width, dark)
    for name, (where, text) in PAGES.items():
        page.goto(served + where)
        page.get_by_text(text, exact=True).first.wait_for()
        if name in GRAPHS:
            page.wait_for_selector(DRAWN)
        page.screenshot(path=screenshots / f"{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
        last = page.locator("#navigation a").last.bounding_box()
        assert last["x"] + last["width"] <= width, "a link to a page is cut off"


def test_nothing_moves_when_a_page_is_renewed(served, open_page):
    page = open_page(served)
    page.wait_for_selector(DRAWN)
    page.evaluate(
        "() => { window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "e => window.moved += e.value)).observe({type: 'layout-shift'}) }"
    )
    told = page.locator("#updated").text_content()
    until(page, f"document.getElementById('updated').textContent != '{told}'")

    assert page.evaluate("window.moved") < 0.01


def test_the_command_serves_the_dashboard_until_it_is_told_to_stop(sensor_lake, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from tidemill.cli.main import run; run()", "dashboard", "--port", str(port)]
    log = tmp_path / "log"
    with log.open("w") as kept:
        process = subprocess.Popen([*command, "--home", str(sensor_lake.home)], env=dict(os.environ), stderr=kept)
    try:
        assert _answer(f"http://127.0.0.1:{port}/_dash-layout", process).status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert f"the dashboard is at http://127.0.0.1:{port}" in log.read_text()
    assert "Traceback" not in log.read_text()


def _answer(address, process):
    until = datetime.now(UTC) + timedelta(seconds=60)
    while True:
        try:
            return urllib.request.urlopen(address, timeout=10)
        except OSError:
            assert process.poll() is None, "it ended"
            assert datetime.now(UTC) < until, "it does not answer"
