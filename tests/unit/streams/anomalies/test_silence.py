from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from pydantic import TypeAdapter

from tidemill.alerts.rules import Rule
from tidemill.streams.anomalies import SOURCE, Watcher

START = datetime(2024, 3, 1, tzinfo=UTC)
SENSORS = ("a", "b", "c")


def minute(number):
    return START + timedelta(minutes=number)


def rules_of(**rule):
    return TypeAdapter(list[Rule]).validate_python([{"name": "quiet", "kind": "silent", **rule}])


def watcher_of(**rule):
    return Watcher("site", rules_of(**rule))


def readings(minutes, sensors=SENSORS):
    rows = [(sensor, minute(number), float(number)) for number in minutes for sensor in sensors]
    return pd.DataFrame(rows, columns=["sensor", "at", "value"])


def told(events):
    return [(event.event, event.sensor, (event.event_at - START) / timedelta(minutes=1)) for event in events]


def live(watcher, minutes, sensors=SENSORS):
    """Batches of a minute each, that arrive as they are read."""
    return [event for number in minutes for event in watcher.observe(readings([number], sensors), minute(number))]


@pytest.mark.parametrize("rule", [{"for": "5 minutes"}, {"intervals": 5}])
def test_a_sensor_without_which_the_stream_goes_on_is_silent(rule):
    watcher = watcher_of(**rule)
    live(watcher, range(11))

    silent = live(watcher, range(11, 20), ("a", "b"))
    back = live(watcher, range(20, 22))

    assert told(silent) == [("opened", "c", 10)]
    assert silent[0].at == minute(16)
    assert silent[0].text == "c: no reading since then"
    assert told(back) == [("closed", "c", 20)]


def test_the_same_is_found_when_all_comes_in_one_batch():
    watcher = watcher_of(**{"for": "5 minutes"})
    frame = pd.concat([readings(range(31), ("a", "b")), readings([*range(11), *range(20, 31)], ("c",))])

    events = watcher.observe(frame, minute(30))

    assert told(events) == [("opened", "c", 10), ("closed", "c", 20)]
    assert events[0].details["noticed"] == minute(15).isoformat()


def test_a_rule_that_is_not_about_a_sensor_any_more_does_not_miss_it():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))

    watcher.use(rules_of(**{"for": "5 minutes", "sensors": ["a", "b"]}))

    assert told(live(watcher, range(11, 20), ("a", "b"))) == []


@pytest.mark.parametrize(("sensors", "expected"), [(["a"], []), (["elsewhere"], [("closed", SOURCE)])])
def test_an_alert_of_the_source_lasts_as_long_as_its_rule_is_about_a_sensor_of_it(sensors, expected):
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))
    for number in range(11, 20):
        watcher.observe(readings([]), minute(number))

    watcher.use(rules_of(**{"for": "5 minutes", "sensors": sensors}))
    events = watcher.observe(readings([]), minute(20))

    assert [(event.event, event.sensor) for event in events] == expected


def test_what_an_earlier_version_kept_of_a_rule_with_a_settle_is_closed_when_the_rule_is_gone():
    watcher = Watcher("site", [rules_of(**{"for": "5 minutes"})[0].model_copy(update={"settle": "1 hour"})])
    live(watcher, range(11))
    live(watcher, range(11, 20), ("a", "b"))

    events = Watcher("site", [], watcher.to_bytes()).observe(readings([20]), minute(20))

    assert [(event.event, event.sensor) for event in events] == [("closed", "c")]


def test_a_source_that_stops_is_one_alert_and_none_of_its_sensors():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))

    stopped = [event for number in range(11, 30) for event in watcher.observe(readings([]), minute(number))]
    again = live(watcher, range(30, 32))

    assert told(stopped) == [("opened", SOURCE, 10)]
    assert stopped[0].at == minute(16)
    assert stopped[0].text == "*: nothing comes of site any more"
    assert told(again) == [("closed", SOURCE, 30)]


def test_a_source_that_stopped_is_seen_in_its_event_times_too():
    watcher = watcher_of(**{"for": "5 minutes"})

    events = watcher.observe(readings([*range(11), *range(30, 41), *range(60, 70)]), minute(70))

    assert told(events) == [
        ("opened", SOURCE, 10),
        ("closed", SOURCE, 30),
        ("opened", SOURCE, 40),
        ("closed", SOURCE, 60),
    ]


def test_sensors_have_their_whole_time_again_after_the_source_went_on():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))

    first = live(watcher, range(30, 35), ("a", "b"))
    later = live(watcher, range(35, 40), ("a", "b"))

    assert told(first) == [("opened", SOURCE, 10), ("closed", SOURCE, 30)]
    assert told(later) == [("opened", "c", 10)]
    assert later[0].at == minute(36)


def test_what_lags_while_a_stream_catches_up_is_not_silent():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(3))
    clock = minute(200)

    events = []
    # Twenty minutes of two sensors in a second, then the same minutes of the third.
    for second, (number, sensors) in enumerate(
        [(n, ("a", "b")) for n in range(3, 23)] + [(n, ("c",)) for n in range(3, 23)]
    ):
        events += watcher.observe(readings([number], sensors), clock + timedelta(seconds=second))

    assert told(events) == []


def test_a_reading_of_long_ago_does_not_end_the_silence():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))
    assert told(live(watcher, range(11, 30), ("a", "b"))) == [("opened", "c", 10)]

    behind = watcher.observe(readings([15], ("c",)), minute(30))
    back = watcher.observe(readings([30], ("c",)), minute(30))

    assert told(behind) == []
    assert told(back) == [("closed", "c", 30)]


def test_a_sensor_that_reports_rarely_has_its_own_limit():
    watcher = watcher_of(intervals=3)
    minutes = pd.concat([readings(range(0, 200), ("a", "b", "c")), readings(range(0, 200, 20), ("rare",))])

    events = watcher.observe(minutes, minute(200)) + watcher.observe(
        readings(range(200, 240), ("a", "b", "c")), minute(241)
    )

    assert told(events) == []
    assert told(watcher.observe(readings(range(241, 260), ("a", "b", "c")), minute(300))) == [("opened", "rare", 180)]


def quiet(watcher, minutes):
    """The stream looks in each minute, and nothing comes."""
    return [event for number in minutes for event in watcher.observe(readings([]), minute(number))]


def test_a_clock_that_is_set_forward_does_not_make_a_source_silent():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))

    jumped = quiet(watcher, [10 + 180])
    stopped = quiet(watcher, range(191, 200))

    assert told(jumped) == []
    assert told(stopped) == [("opened", SOURCE, 10)]
    assert stopped[0].at == minute(190 + 5)


def test_a_clock_that_is_set_back_does_not_keep_a_silence_from_being_found():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))

    stopped = quiet(watcher, range(11 - 180, 30 - 180))

    assert told(stopped) == [("opened", SOURCE, 10)]
    assert stopped[0].at == minute(17 - 180)


def test_while_the_clock_is_ahead_a_silent_sensor_is_found_all_the_same():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))

    events = [
        event
        for number in range(11, 20)
        for event in watcher.observe(readings([number], ("a", "b")), minute(number + 180))
    ]

    assert told(events) == [("opened", "c", 10)]


def test_readings_that_a_clock_set_back_takes_for_future_ones_count_as_none_until_it_is_right_again():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))

    behind = [event for number in range(11, 20) for event in watcher.observe(readings([number]), minute(number - 180))]
    right = live(watcher, range(20, 30))

    assert told(behind) == [("opened", SOURCE, 10)]
    assert told(right) == [("closed", SOURCE, 20)]


def test_a_device_whose_clock_is_set_back_is_silent_until_it_is_past_its_newest_reading():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))

    def observed(minutes, off):
        frames = [pd.concat([readings([n], ("a", "b")), readings([n - off], ("c",))]) for n in minutes]
        return [e for n, frame in zip(minutes, frames, strict=True) for e in watcher.observe(frame, minute(n))]

    assert told(observed(range(11, 20), 180)) == [("opened", "c", 10)]
    assert told(observed(range(20, 22), 0)) == [("closed", "c", 20)]


def test_a_device_whose_clock_runs_ahead_makes_no_other_one_silent():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))
    ahead = [pd.concat([readings([number], ("a", "b")), readings([number + 50], ("c",))]) for number in range(11, 30)]

    events = [event for number, frame in enumerate(ahead, 11) for event in watcher.observe(frame, minute(number))]

    assert told(events) == []


def test_a_clock_that_is_set_back_by_less_than_an_hour_is_borne_in_both_directions():
    watcher = watcher_of(**{"for": "5 minutes"})
    live(watcher, range(11))

    behind = [
        event
        for number in range(11, 30)
        for event in watcher.observe(readings([number], ("a", "b")), minute(number - 30))
    ]
    right = live(watcher, range(30, 40))

    assert told(behind) == [("opened", "c", 10)]
    assert told(right) == [("closed", "c", 30)]
