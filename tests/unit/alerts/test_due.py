from datetime import timedelta

import pytest

from tests.unit.alerts.events import at, closed, event, minutes, opened, silence
from tidemill.alerts import fold
from tidemill.alerts.due import Policy, due, standing

POLICY = Policy("hook")


def told(minute, channel="hook", of="opened", began=0, **more):
    return event("delivered", minute, began=began, channel=channel, of=of, **more)


def keys(events, minute, policy=POLICY):
    """Of each due message: event and the minute in which its fault began."""
    found = due(fold(events).alerts, policy, at(minute))
    return [(one.message.event, (one.message.alert.began_at - at(0)) // minutes(1)) for one in found]


def test_a_beginning_and_then_its_end_are_due_until_they_are_delivered():
    assert keys([opened(0)], 1) == [("opened", 0)]
    assert keys([opened(0), closed(5)], 6) == [("opened", 0), ("closed", 0)]
    assert keys([opened(0), closed(5), told(1)], 6) == [("closed", 0)]
    assert keys([opened(0), closed(5), told(1), told(6, of="closed")], 7) == []


def test_channels_are_told_apart():
    assert keys([opened(0), told(1, channel="mail")], 2) == [("opened", 0)]


@pytest.mark.parametrize(("lowest", "expected"), [("info", 1), ("warning", 1), ("critical", 0)])
def test_what_is_below_a_channel_s_severity_is_not_due(lowest, expected):
    assert len(keys([opened(0)], 1, Policy("hook", min_severity=lowest))) == expected


def test_what_was_opened_before_the_channel_s_time_is_not_due():
    assert keys([opened(0), opened(20)], 30, Policy("hook", since=at(10))) == [("opened", 20)]


def test_a_fault_that_comes_and_goes_is_told_once_in_ten_minutes():
    flapping = [row for start in range(0, 9, 3) for row in (opened(start), closed(start + 2, began=start))]

    assert keys(flapping, 9) == [("opened", 0), ("closed", 0)]


def test_a_fault_that_comes_back_and_stays_is_told_when_the_time_is_over():
    back = [opened(0), closed(2), opened(4)]

    assert ("opened", 4) not in keys(back, 9)
    assert ("opened", 4) in keys(back, 10)
    assert ("opened", 4) in keys([*back, closed(11, began=4)], 12)


def test_another_sensor_is_no_flapping():
    assert len(keys([opened(0), opened(1, sensor="pump/2")], 2)) == 2


def test_nothing_is_due_while_it_is_silenced_and_an_open_one_is_when_that_is_over():
    events = [silence(-5, 15), opened(0)]

    assert keys(events, 9) == []
    assert keys(events, 10) == [("opened", 0)]


def test_what_began_and_ended_while_silenced_is_never_told():
    assert keys([silence(-5, 15), opened(0), closed(5)], 20) == []


def test_the_end_of_what_was_told_waits_for_the_silence_to_be_over():
    events = [opened(0), told(0), silence(1, 10), closed(5)]

    assert keys(events, 6) == []
    assert keys(events, 11) == [("closed", 0)]


def test_a_message_is_too_old_when_it_could_have_been_taken_for_the_whole_time():
    policy = Policy("hook", give_up_after=timedelta(hours=1))

    (young,) = due(fold([opened(0)]).alerts, policy, at(60))
    (old,) = due(fold([opened(0)]).alerts, policy, at(61))
    (silenced,) = due(fold([opened(0), silence(0, 50)]).alerts, policy, at(61))

    assert (young.too_old, old.too_old, silenced.too_old) == (False, True, False)


def test_of_what_was_given_up_the_end_is_not_told():
    assert keys([opened(0), told(1, outcome="given up"), closed(5)], 6) == []


@pytest.mark.parametrize(
    "more",
    [
        [event("acknowledged", 2, by="ada")],
        [silence(2, 60)],
        [closed(3)],
    ],
)
def test_what_is_acknowledged_silenced_or_over_is_not_told_again(more):
    told_of = [opened(0), told(1)]

    assert len(standing(fold(told_of).alerts, POLICY, at(5))) == 1
    assert standing(fold([*told_of, *more]).alerts, POLICY, at(5)) == []
    assert standing(fold([opened(0)]).alerts, POLICY, at(5)) == []
