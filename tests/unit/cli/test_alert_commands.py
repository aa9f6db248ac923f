import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.alerts.events import closed, opened
from tidemill.alerts import append_events, open_alerts, recent_alerts
from tidemill.cli import main
from tidemill.config import load_config

BEGAN = datetime.now(UTC) - timedelta(minutes=30)


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path))
    return load_config()


@pytest.fixture
def two(config):
    """Ids of an alert that is open and of one that is over."""
    events = [opened(0, sensor="pump/1", start=BEGAN), opened(1, sensor="pump/2", start=BEGAN)]
    append_events(config, [*events, closed(5, began=1, sensor="pump/2", start=BEGAN)])
    return [event.alert_id for event in events]


@pytest.fixture
def told(capsys):
    def run(*arguments, status=0):
        assert main.exit_status(["alerts", *arguments]) == status
        captured = capsys.readouterr()
        return captured.err if status else captured.out

    return run


def test_open_alerts_are_listed_and_with_all_the_ones_that_are_over(two, told):
    assert [line.split()[0] for line in told("list").splitlines()[1:]] == [two[0][:8]]
    assert [line.split()[0] for line in told("list", "--all").splitlines()[1:]] == [two[1][:8], two[0][:8]]
    assert [json.loads(line)["state"] for line in told("list", "--since", "1 day", "--json").splitlines()] == [
        "closed", "open",
    ]  # fmt: skip


@pytest.mark.parametrize(("since", "found"), [("20 minutes", 1), ("2 hours", 2), ("2020-01-01", 2), ("2099-01-01", 1)])
def test_since_leaves_out_what_was_over_before(two, told, since, found):
    # The open one is always there; the other one was over 25 minutes ago.
    assert len(told("list", "--since", since).splitlines()) - 1 == found


def test_an_alert_is_shown_by_the_beginning_of_its_id(two, told):
    shown = told("show", two[0][:5])

    assert two[0] in shown
    assert "readings: 91.5 is above 80" in shown
    assert json.loads(told("show", two[0], "--json"))["began_at"] == BEGAN.isoformat()


def test_an_alert_is_acknowledged_and_noted_by_who_does_it(config, two, told):
    told("ack", two[0][:6], "--note", "on my way", "--by", "ada")
    told("note", two[0][:6], "the valve is stuck", "--by", "bob")

    (alert,) = open_alerts(config)
    assert (alert.acknowledged_by, alert.state(datetime.now(UTC))) == ("ada", "acknowledged")
    assert [(note.by, note.text) for note in alert.notes] == [("ada", "on my way"), ("bob", "the valve is stuck")]
    assert "on my way" in told("show", two[0])


def test_an_alert_is_silenced_for_a_time_and_that_is_ended(config, two, told):
    told("silence", two[0][:6], "--for", "2 hours")
    (silenced,) = open_alerts(config)
    listed = told("silences")
    told("unsilence", two[0][:6])
    (again,) = open_alerts(config)

    left = silenced.silenced_until(datetime.now(UTC)) - datetime.now(UTC)
    assert timedelta(minutes=118) < left <= timedelta(hours=2)
    assert listed.startswith(two[0])
    assert again.state(datetime.now(UTC)) == "open"


def test_what_fits_a_pattern_is_silenced_later_alerts_too(config, two, told):
    told("silence", "--sensor", "pump/*", "--rule", "hot", "--for", "1 day", "--note", "works on the pumps")
    append_events(config, [opened(9, sensor="pump/3", start=BEGAN), opened(9, sensor="valve/1", start=BEGAN)])

    states = {alert.sensor: alert.state(datetime.now(UTC)) for alert in open_alerts(config)}
    (line,) = told("silences", "--json").splitlines()
    silence = json.loads(line)
    told("unsilence", silence["id"][:4])

    assert states == {"pump/1": "silenced", "pump/3": "silenced", "valve/1": "open"}
    assert (silence["sensor"], silence["dataset"], silence["note"]) == ("pump/*", "*", "works on the pumps")
    assert {alert.state(datetime.now(UTC)) for alert in open_alerts(config)} == {"open"}


def test_an_id_that_is_not_there_or_not_alone_is_told_with_what_is(config, two, told):
    mistyped = two[0][:-1] + ("0" if two[0][-1] != "0" else "1")
    assert f"Did you mean '{two[0]}'?" in told("show", mistyped, status=2)
    assert "there is no alert ''" in told("ack", "", status=2)
    events = [opened(0, sensor=f"s/{number}", start=BEGAN) for number in range(17)]
    append_events(config, events)
    first = next(one for one in "0123456789abcdef" if sum(e.alert_id.startswith(one) for e in events) > 1)

    assert f"'{first}' is the beginning of" in told("show", first, status=2)
    assert "Give more of its characters" in told("ack", first, status=2)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["silence"], "expected either an alert's ID or at least one of --rule, --sensor, --dataset"),
        (["silence", "abc", "--rule", "hot"], "expected either an alert's ID"),
        (["silence", "--rule", "hot", "--for", "soon"], "--for soon: expected a length of time"),
        (["silence", "--rule", "hot", "--for", "91 days"], "at most 90 days"),
        (["list", "--since", "yesterday"], "--since yesterday: expected a length of time"),
        (["deliver"], "deliver: no webhook is configured, nor another channel"),
        (["lst"], "no command 'lst', and there is no such dataset. Did you mean 'list'?"),
    ],
)
def test_a_wrong_request_is_one_line_that_says_what_was_expected(config, told, arguments, line):
    err = told(*arguments, status=2)

    assert line in err
    assert len(err.splitlines()) == 1


def test_deliver_says_what_each_channel_took_and_ends_with_1_where_something_waits(
    config, two, told, receiver, monkeypatch, capsys
):
    monkeypatch.setenv("HOOK", receiver.url)
    receiver.statuses = [500]
    given = ["deliver", "--set", "alerts.webhook=${env:HOOK}"]

    assert main.exit_status(["alerts", *given]) == 1
    assert capsys.readouterr().out == "webhook: 0 delivered, 3 waiting: status 500\n"
    assert told(*given) == "webhook: 3 delivered\n"
    assert told(*given) == "webhook: 0 delivered\n"

    shown = told("show", two[1])
    assert "webhook: closed delivered, opened delivered" in shown
    assert len(recent_alerts(config, BEGAN)) == 2


def test_where_nothing_is_open_that_is_said(config, told, capsys):
    assert told("list") == ""
    assert main.exit_status(["alerts", "list"]) == 0
    assert "no open alerts in" in capsys.readouterr().err
