from dataclasses import replace
from datetime import timedelta

import pytest

from tests.services.sensor_lake import opened, wave
from tidemill.dashboard.sensors import Sensor, as_windows, matching, sensors, unit_of

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def states(board, site):
    return {sensor.name: sensor.state for sensor in sensors(board, site)}


def test_a_sensor_is_ok_until_three_of_its_gaps_are_over_and_silent_after_ten(sensor_lake, board, site, now):
    every = {"a/temp": 1, "b/temp": 4, "c/temp": 11}
    sensor_lake.windows(
        "1 day", [one for name, n in every.items() for one in wave(name, now - n * MINUTE, DAY, MINUTE)]
    )

    found = sensors(board, site)

    assert [(sensor.name, sensor.state) for sensor in found] == [
        ("c/temp", "silent"),
        ("b/temp", "late"),
        ("a/temp", "ok"),
    ]
    assert found[0].reason == "no reading for 11 minutes; one usually comes every 1 minute"


def test_a_reading_in_silver_is_newer_than_its_window(sensor_lake, board, site, now):
    sensor_lake.windows("1 day", wave("a/temp", now - 5 * MINUTE, DAY, MINUTE))
    sensor_lake.readings([("a/temp", now, 33.0)])

    (sensor,) = sensors(board, site)

    assert (sensor.value, sensor.unit, sensor.seen, sensor.state) == (33.0, "celsius", now, "ok")


def test_a_sensor_whose_newest_reading_came_late_is_late(sensor_lake, board, site, now):
    sensor_lake.readings([("a/temp", now - 5 * MINUTE, 3.0)], delay=5 * MINUTE)

    (sensor,) = sensors(board, site)

    assert (sensor.state, sensor.reason) == ("late", "the newest reading came 5 minutes after its time")


def test_an_open_alert_makes_a_sensor_alerting_and_one_of_silence_silent(sensor_lake, board, site, now):
    sensor_lake.readings([(name, now, 3.0) for name in ("a/temp", "b/temp", "c/temp")])
    over = opened("c/temp", now)
    sensor_lake.alert(
        [opened("a/temp", now), opened("b/temp", now, kind="silent"), over, replace(over, event="closed")]
    )

    assert states(board, site) == {"a/temp": "alerting", "b/temp": "silent", "c/temp": "ok"}


def test_sensors_are_found_by_state_and_by_every_word_of_the_search():
    among = [
        Sensor("d", name, state, "", 1.0, None, None) for name, state in [("Hall/Temp", "ok"), ("hall/press", "late")]
    ]

    assert [sensor.name for sensor in matching(among, None, " temp HALL")] == ["Hall/Temp"]
    assert [sensor.name for sensor in matching(among, "late", "")] == ["hall/press"]
    assert matching(among, "ok", "press") == []


@pytest.mark.parametrize(
    ("convert", "unit", "alike"),
    [({}, "celsius", True), ({"celsius": "kelvin"}, "kelvin", False), ({"hPa": "bar"}, "celsius", True)],
)
def test_readings_are_drawn_among_windows_where_both_are_in_one_unit(site, convert, unit, alike):
    contract = site.model_copy(update={"stream": site.stream.model_copy(update={"convert": convert})})

    assert (unit_of(contract, "a/temp"), as_windows(contract, "a/temp")) == (unit, alike)
