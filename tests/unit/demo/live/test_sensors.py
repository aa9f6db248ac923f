"""What the demo's sensors send, and that the rules as they stand tell of the injected faults and of nothing else."""

import json
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pandas as pd
import pytest

from tidemill.alerts.rules import Rules
from tidemill.config import load_config
from tidemill.demo.live.sensors import (
    DATASET,
    FAULTS,
    HISTORY_FROM,
    LIVE_FROM,
    LIVE_HOURS,
    LIVE_UNTIL,
    Message,
    count,
    messages,
    with_faults,
)
from tidemill.demo.readings import load_readings
from tidemill.streams.anomalies import Watcher

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def sent():
    return messages()


def values(sent: list[Message], station: str, quantity: str) -> dict[datetime, float]:
    return {one.at: one.values[quantity] for one in sent if one.station == station and quantity in one.values}


def frame(sent: list[Message]) -> pd.DataFrame:
    rows = [(f"{one.station}/{name}", one.at, value) for one in sent for name, value in one.values.items()]
    return pd.DataFrame(rows, columns=["sensor", "at", "value"])


def test_three_weeks_come_before_sixty_hours_each_in_the_order_of_time(sent):
    history, live = sent

    for part, first, until in ((history, HISTORY_FROM, LIVE_FROM), (live, LIVE_FROM, LIVE_UNTIL)):
        times = [one.at for one in part]
        assert times == sorted(times)
        assert (times[0], times[-1]) == (first, until - HOUR)
    assert len({one.at for one in live}) == LIVE_HOURS


def test_a_message_is_what_the_contract_reads_and_leaves_out_what_was_not_measured():
    message = Message(datetime(2013, 8, 4, 5, tzinfo=UTC), "JFK", {"temp": 70.0})

    assert message.topic == "weather/JFK"
    assert json.loads(message.payload) == {"time_hour": "2013-08-04T05:00:00Z", "temp": 70.0}
    assert count([message, message]) == 2


def test_a_raised_fault_adds_to_its_readings_and_a_stuck_one_repeats_the_first():
    plain, wrong = messages(()), messages()
    spike, stuck = FAULTS

    before, after = (values(parts[1], spike.station, spike.quantity) for parts in (plain, wrong))
    assert {at: after[at] - before[at] for at in before if after[at] != before[at]} == {spike.began: 30.0}
    before, after = (values(parts[1], stuck.station, stuck.quantity) for parts in (plain, wrong))
    span = [stuck.began + hour * HOUR for hour in range(stuck.hours)]
    assert {after[at] for at in span} == {before[stuck.began]}
    assert {at for at in before if after[at] != before[at]} <= set(span)
    assert plain[0] == wrong[0]


def test_the_readings_that_faults_are_put_into_stay_as_they_were():
    readings = load_readings()
    kept = readings.copy()

    with_faults(readings, FAULTS)

    pd.testing.assert_frame_equal(readings, kept)


def test_each_fault_opens_an_alert_of_its_rule_at_the_reading_that_shows_it_and_no_other_sensor_opens_one(sent):
    history, live = sent
    watcher = Watcher(DATASET, Rules(load_config(), DATASET).now)
    now = datetime.now(UTC)
    learning = [event for event in watcher.observe(frame(history), now) if event.event == "opened"]

    opened = {}
    for at, hour in groupby(live, key=lambda message: message.at):
        for event in watcher.observe(frame(list(hour)), now):
            if event.event == "opened":
                opened[event.sensor, event.rule, event.event_at] = at

    expected = {(fault.sensor, fault.rule, fault.began): fault.shown_at for fault in FAULTS}
    assert {key: at for key, at in opened.items() if key in expected} == expected
    assert {sensor for sensor, _, _ in opened} == {fault.sensor for fault in FAULTS}
    assert all(event.event_at < LIVE_FROM for event in learning)
