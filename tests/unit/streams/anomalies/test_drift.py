from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from tidemill.alerts.rules import Rule
from tidemill.streams.anomalies import Watcher

START = datetime(2024, 3, 1, tzinfo=UTC)
DAYS = 90
RULE = {"name": "away", "kind": "drift", "sensors": ["*/temp"]}


def stations(names, drifting=None, from_day=60, by=0.5):
    """Hourly temperatures that go up and down together; one of them drifts by so many degrees a day."""
    rng = np.random.default_rng(5)
    hour = np.arange(DAYS * 24)
    common = 10 * np.sin(2 * np.pi * hour / 24) + np.cumsum(rng.normal(0, 0.5, len(hour)))
    frames = []
    for number, name in enumerate(names):
        values = common + 3 * number + rng.normal(0, 1, len(hour))
        if name == drifting:
            values = values + by * np.maximum(hour / 24 - from_day, 0)
        at = pd.Timestamp(START) + pd.to_timedelta(hour, unit="h")
        frames.append(pd.DataFrame({"sensor": name, "at": at, "value": values}))
    return pd.concat(frames)


def events_of(frame):
    watcher = Watcher("site", TypeAdapter(list[Rule]).validate_python([RULE]))
    return watcher.observe(frame, START + timedelta(days=DAYS))


def test_the_sensor_that_moves_away_from_its_neighbours_is_named():
    events = events_of(stations(("a/temp", "b/temp", "c/temp"), drifting="b/temp"))

    assert {(event.event, event.sensor) for event in events} == {("opened", "b/temp")}
    assert START + timedelta(days=60) < events[0].event_at < START + timedelta(days=70)


def test_sensors_that_move_together_do_not_drift():
    assert events_of(stations(("a/temp", "b/temp", "c/temp"))) == []


def test_of_two_sensors_nobody_can_say_which_one_drifts():
    assert events_of(stations(("a/temp", "b/temp"), drifting="b/temp")) == []


def test_neighbours_are_what_one_pattern_takes_in():
    frame = pd.concat([stations(("a/temp", "b/temp", "c/temp")), stations(("a/humid",), drifting="a/humid")])

    assert events_of(frame) == []
