from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alerts.events import NOON, at, closed, event, minutes, opened, silence
from tidemill.alerts import fold

SENSORS = ("pump/1", "pump/2")
WHATS = ("opened", "closed", "acknowledged", "silenced", "noted", "delivered")


def until(minute):
    return at(minute).isoformat()


@st.composite
def rows(draw):
    what = draw(st.sampled_from(WHATS))
    minute = draw(st.integers(0, 20))
    details = {
        "acknowledged": {"by": draw(st.sampled_from("abc"))},
        "silenced": {"by": "s", "until": until(minute + draw(st.integers(0, 9)))},
        "noted": {"by": "n", "note": draw(st.sampled_from(("x", "y")))},
        "delivered": {
            "channel": draw(st.sampled_from(("mail", "hook"))),
            "of": draw(st.sampled_from(("opened", "closed"))),
            "outcome": draw(st.sampled_from(("delivered", "given up"))),
        },
    }.get(what, {})
    return event(what, minute, sensor=draw(st.sampled_from(SENSORS)), text=draw(st.sampled_from(("p", "q"))), **details)


def by_hand(events, moment):
    """What a person would say of each alert, going through the rows minute by minute."""
    told = {}
    for sensor in SENSORS:
        mine = [one for one in events if one.sensor == sensor]
        moments = {what: sorted(one.at for one in mine if one.event == what) for what in WHATS}
        if not (moments["opened"] or moments["closed"]):
            continue
        quiet = None
        for step in range(21):
            now = at(step)
            ends = [one.details["until"] for one in mine if one.event == "silenced" and one.at == now]
            # Of two rows of one moment the one that lasts longer counts.
            quiet = max(ends) if ends else quiet
            if now == moment:
                break
        taken = [one for one in mine if one.event == "acknowledged" and one.at == min(moments["acknowledged"])]
        delivered = {}
        for one in mine:
            if one.event == "delivered":
                key = (one.details["channel"], one.details["of"])
                delivered[key] = (
                    "delivered" if "delivered" in (delivered.get(key), one.details["outcome"]) else "given up"
                )
        told[sensor] = {
            "opened_at": min(moments["opened"], default=None),
            "closed_at": min(moments["closed"], default=None),
            # Of two rows of one moment the first in the alphabet counts.
            "acknowledged_by": min(((one.text, one.details["by"]) for one in taken), default=(None, None))[1],
            "silenced_until": quiet if quiet is not None and quiet > moment.isoformat() else None,
            "notes": sorted({(one.at, one.details["note"]) for one in mine if one.event == "noted"}),
            "delivered": delivered,
        }
    return told


@settings(max_examples=300)
@given(st.lists(rows(), max_size=14), st.randoms(use_true_random=False), st.integers(0, 20))
def test_rows_in_any_order_and_some_of_them_twice_make_what_a_person_would_say(events, random, minute):
    moment = at(minute)
    # What is silenced later is not known yet.
    events = [one for one in events if one.event != "silenced" or one.at <= moment]
    shuffled = [*events, *random.choices(events, k=5)] if events else []
    random.shuffle(shuffled)

    folded = fold(shuffled)

    assert folded == fold(events)
    found = {
        alert.sensor: {
            "opened_at": alert.opened_at,
            "closed_at": alert.closed_at,
            "acknowledged_by": alert.acknowledged_by,
            "silenced_until": end.isoformat() if (end := alert.silenced_until(moment)) else None,
            "notes": sorted((note.at, note.text) for note in alert.notes),
            "delivered": dict(alert.delivered),
        }
        for alert in folded.alerts
    }
    assert found == by_hand(events, moment)


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ([], "open"),
        ([event("acknowledged", 1, by="ada")], "acknowledged"),
        ([event("acknowledged", 1, by="ada"), event("silenced", 2, until=until(9))], "silenced"),
        ([event("silenced", 2, until=until(4))], "open"),
        ([event("silenced", 2, until=until(9)), event("silenced", 3, until=until(3))], "open"),
        ([silence(-60, 90)], "silenced"),
        ([silence(-60, 90, sensor="pump/*")], "silenced"),
        ([silence(-60, 90, sensor="valve/*")], "open"),
        ([silence(-60, 90, rule="cold")], "open"),
        ([closed(4), event("silenced", 2, until=until(9))], "closed"),
    ],
)
def test_the_state_of_an_alert_is_one_word(more, state):
    (alert,) = fold([*more, opened(0)]).alerts

    assert alert.state(at(5)) == state


def test_an_alert_that_a_killed_query_opened_again_began_when_it_was_first_found():
    again = replace(opened(0), at=at(3))

    (alert,) = fold([again, opened(0)]).alerts

    assert (alert.opened_at, alert.began_at) == (NOON, NOON)


def test_a_silence_of_everything_is_no_alert():
    folded = fold([silence(0, 60)])

    assert folded.alerts == []
    assert [(one.since, one.until, one.by) for one in folded.silences] == [(NOON, NOON + minutes(60), "ada")]


def test_an_end_without_its_beginning_is_an_alert_that_is_over():
    (alert,) = fold([closed(5)]).alerts

    assert (alert.state(at(6)), alert.opened_at, alert.closing) == ("closed", None, "readings: below 75 again")


def test_a_program_reads_the_whole_alert():
    sent = event("delivered", 1, channel="mail", of="opened")
    taken = event("acknowledged", 2, by="ada", note="on my way")

    (alert,) = fold([opened(0), sent, taken]).alerts

    told = alert.as_json(at(3))
    assert (told["state"], told["acknowledged_by"], told["delivered"]) == (
        "acknowledged", "ada", {"mail": {"opened": "delivered"}},
    )  # fmt: skip
    assert told["notes"] == [{"at": at(2).isoformat(), "by": "ada", "text": "on my way"}]
    assert (told["value"], told["opened_at"], told["closed_at"]) == (91.5, NOON.isoformat(), None)
