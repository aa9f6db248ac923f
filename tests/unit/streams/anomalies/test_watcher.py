from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from tidemill.alerts.rules import Rule
from tidemill.errors import TidemillError
from tidemill.streams.anomalies import SOURCE, UnknownState, Watcher

START = datetime(2024, 3, 1, tzinfo=UTC)
HOT = {"name": "hot", "kind": "threshold", "above": 100, "clear": 90}


def minute(number):
    return START + timedelta(minutes=number)


def rules(*given):
    return TypeAdapter(list[Rule]).validate_python(list(given))


def readings(sensor, values, first=0, every=1):
    at = [minute(first + every * number) for number in range(len(values))]
    return pd.DataFrame({"sensor": sensor, "at": at, "value": [float(value) for value in values]})


def seen(watcher, *frames, now=None):
    frame = pd.concat(frames)
    return watcher.observe(frame, now or frame["at"].max().to_pydatetime())


def told(events):
    return [
        (event.event, event.rule, event.sensor, (event.event_at - START) / timedelta(minutes=1)) for event in events
    ]


def test_a_fault_is_one_alert_however_many_readings_show_it():
    watcher = Watcher("site", rules(HOT))

    events = seen(watcher, readings("a", [80, 101, 150, 99, 95, 102, 89, 80]))

    assert told(events) == [("opened", "hot", "a", 1), ("closed", "hot", "a", 6)]
    assert events[0].alert_id == events[1].alert_id
    assert events[0].text == "a: 101 is above 100"
    assert events[1].details["worst"] == "150.0"
    assert events[1].details["lasted_seconds"] == "300"


def test_a_fault_goes_on_from_one_batch_to_the_next():
    watcher = Watcher("site", rules(HOT))

    events = [
        seen(watcher, readings("a", [101])),
        seen(watcher, readings("a", [95], 1)),
        seen(watcher, readings("a", [85], 2)),
    ]

    assert [told(found) for found in events] == [[("opened", "hot", "a", 0)], [], [("closed", "hot", "a", 2)]]


def test_a_rule_with_a_duration_waits_for_it():
    watcher = Watcher("site", rules({**HOT, "for": "3 minutes"}))

    short = seen(watcher, readings("a", [101, 101, 101, 80]))
    long = seen(watcher, readings("a", [101, 101, 95, 101, 80], 4))

    assert told(short) == []
    assert told(long) == [("opened", "hot", "a", 4), ("closed", "hot", "a", 8)]
    assert long[0].details["noticed"] == minute(7).isoformat()


def test_a_fault_that_comes_and_goes_is_one_alert_where_the_rule_lets_it_settle():
    watcher = Watcher("site", rules({**HOT, "settle": "3 minutes"}))

    events = seen(watcher, readings("a", [101, 80, 101, 80, 80, 101, 80, 80, 80, 80]))

    assert told(events) == [("opened", "hot", "a", 0), ("closed", "hot", "a", 6)]


def test_a_fault_that_two_rules_see_is_an_alert_of_each():
    watcher = Watcher("site", rules(HOT, {"name": "fast", "kind": "rate", "change": 10, "per": "1 minute"}))

    events = seen(watcher, readings("a", [80, 101]))

    assert told(events) == [("opened", "fast", "a", 1), ("opened", "hot", "a", 1)]
    assert events[0].alert_id != events[1].alert_id


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ({"below": 0}, [1, -1, 1], [("opened", 1), ("closed", 2)]),
        ({"kind": "rate", "change": 5, "per": "1 minute"}, [0, 4, 10, 1, 1], [("opened", 2), ("closed", 4)]),
        ({"kind": "rate", "change": 5, "per": "1 minute", "direction": "down"}, [0, 10, 1], [("opened", 2)]),
        ({"kind": "rate", "change": 5, "per": "1 minute", "least": 20}, [0, 10, 31], [("opened", 2)]),
        ({"kind": "stuck", "for": "3 minutes"}, [1, 2, 2, 2, 2, 3], [("opened", 1), ("closed", 5)]),
        ({"kind": "stuck", "readings": 3, "tolerance": 0.5}, [1, 2, 2.5, 1.5, 2.6], [("opened", 1), ("closed", 4)]),
        ({"kind": "stuck", "readings": 3, "tolerance": 1}, [1, 1.6, 2.2, 2.8], []),
        ({"kind": "stuck", "readings": 3, "usual": [0]}, [0, 0, 0, 0, 0], []),
    ],
)
def test_what_each_kind_finds(rule, values, expected):
    watcher = Watcher("site", rules({"name": "rule", "kind": "threshold", **rule}))

    events = seen(watcher, readings("a", values))

    assert [(event, at) for event, _, _, at in told(events)] == expected


def test_readings_in_any_order_and_in_any_table_give_the_same_alerts():
    frame = pd.concat([readings("a", [80, 101, 101, 80]), readings("b", [80, 80, 101, 120])])
    shuffled = pa.Table.from_pandas(frame.sample(frac=1, random_state=1), preserve_index=False)

    in_order = Watcher("site", rules(HOT)).observe(frame, minute(3))

    assert Watcher("site", rules(HOT)).observe(shuffled, minute(3)) == in_order
    assert len(in_order) == 3


def test_a_late_reading_neither_opens_nor_closes_an_alert():
    watcher = Watcher("site", rules(HOT))
    opened = seen(watcher, readings("a", [80, 80, 101], 3))

    closing = seen(watcher, readings("a", [50], 1), now=minute(6))
    opening = seen(watcher, readings("b", [80], 5), now=minute(6)) + seen(watcher, readings("b", [120], 4))

    assert told(opened) == [("opened", "hot", "a", 5)]
    assert closing == opening == []
    assert watcher.late == 2


def test_a_reading_from_the_future_or_without_a_value_is_not_judged():
    watcher = Watcher("site", rules(HOT))

    events = seen(watcher, readings("a", [101], 24 * 60), readings("b", [float("nan"), float("inf")]), now=minute(3))

    assert events == []
    assert told(seen(watcher, readings("a", [101], 3))) == [("opened", "hot", "a", 3)]


def test_a_batch_that_is_observed_again_from_the_kept_state_gives_the_same_events():
    given = rules(HOT, {"name": "stuck", "kind": "stuck", "readings": 3}, {"name": "odd", "kind": "anomaly"})
    watcher = Watcher("site", given)
    seen(watcher, readings("a", [101, 80, 80]), readings("b", [101, 101]))
    kept = watcher.to_bytes()
    batch = pd.concat([readings("a", [80, 101], 3), readings("b", [80], 3), readings("c", [120], 3)])

    first = watcher.observe(batch, minute(4))
    again = Watcher.from_bytes("site", given, kept)

    assert again.to_bytes() == kept
    assert again.observe(batch, minute(4)) == first
    assert again.to_bytes() == watcher.to_bytes()
    assert len(first) == 5


def test_a_state_of_another_version_is_refused():
    kept = bytearray(Watcher("site", rules(HOT)).to_bytes())
    kept[14] = 99

    with pytest.raises(UnknownState, match=r"is of version 99, expected version 1\. Begin .* stream\.py --restart"):
        Watcher("site", rules(HOT), bytes(kept))
    with pytest.raises(UnknownState, match="no state at all"):
        Watcher("site", rules(HOT), b"something else")


def test_rules_may_change_between_batches():
    watcher = Watcher("site", rules(HOT, {"name": "low", "kind": "threshold", "below": 0}))
    seen(watcher, readings("a", [101]), readings("b", [-5]))

    watcher.use(rules({**HOT, "clear": 50}))
    events = seen(watcher, readings("a", [80], 1), readings("b", [-5], 1))

    assert [(event.event, event.rule, event.text) for event in events] == [
        ("closed", "low", "b: low is over after 0:01:00; the rule is gone")
    ]


@pytest.mark.parametrize("was_down", [False, True])
def test_an_alert_of_a_sensor_that_its_rule_is_not_about_any_more_is_closed(was_down):
    watcher = Watcher("site", rules(HOT))
    seen(watcher, readings("x/temp", [101]), readings("x/humid", [101]))
    narrower = rules({**HOT, "sensors": ["*/temp"]})

    if was_down:
        watcher = Watcher("site", narrower, watcher.to_bytes())
    else:
        watcher.use(narrower)
    events = seen(watcher, readings("x/temp", [101], 1), readings("x/humid", [101], 1))

    assert [(event.event, event.text) for event in events] == [
        ("closed", "x/humid: hot is over after 0:01:00; the rule is not about this sensor any more")
    ]


def test_an_alert_of_a_rule_that_went_while_the_stream_was_down_is_closed():
    watcher = Watcher("site", rules(HOT))
    opened = seen(watcher, readings("a", [101]))

    other = Watcher("site", rules({"name": "low", "kind": "threshold", "below": 0}), watcher.to_bytes())
    events = seen(other, readings("a", [101], 1))

    assert told(events) == [("closed", "hot", "a", 1)]
    assert events[0].alert_id == opened[0].alert_id


def test_a_rule_is_about_its_sensors_alone():
    watcher = Watcher("site", rules({**HOT, "sensors": ["*/temp"], "message": "{sensor} at {value:.1f}: {rule}"}))

    events = seen(watcher, readings("EWR/temp", [101]), readings("EWR/humid", [101]))

    assert [event.text for event in events] == ["EWR/temp at 101.0: hot"]


def test_what_was_learned_from_the_past_opens_no_alert():
    watcher = Watcher("site", rules(HOT))

    watcher.learn(readings("a", [101, 101]), minute(1))

    assert told(seen(watcher, readings("a", [101], 2))) == [("opened", "hot", "a", 2)]


def test_a_frame_without_the_columns_is_refused():
    with pytest.raises(TidemillError, match="readings have the columns sensor string, at timestamp and value double"):
        Watcher("site", rules(HOT)).observe(pd.DataFrame({"sensor": ["a"], "time": [START]}), START)


def test_an_alert_of_the_source_names_no_sensor():
    assert SOURCE == "*"
