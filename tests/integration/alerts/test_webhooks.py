import json
from collections import Counter

from deltalake import DeltaTable
from structlog.testing import capture_logs

from tests.integration.alerts.hooks import HOOK, now_events
from tests.unit.alerts.events import at, closed, event, opened, silence, written
from tests.waiting import until
from tidemill.alerts import Deliverer, open_alerts, recent_alerts, verify
from tidemill.alerts.acting import append_events
from tidemill.lake.stored import opened as opened_table


def test_an_alert_s_beginning_and_end_are_posted_once_signed_and_with_a_key(receiver, configured, clock):
    config = configured(channels={"hook": HOOK})
    first, *_ = written(config, opened(0), closed(5))
    clock.goes_on(minutes=6)

    done = Deliverer(config, clock).deliver_once()
    again = Deliverer(config, clock).deliver_once()

    assert done["hook"].sent == receiver.keys() == [f"{first}-opened", f"{first}-closed"]
    assert (again["hook"].sent, again["hook"].waiting) == ([], {})
    assert all(verify("s1gning", request.headers, request.body) for request in receiver.api.requests)
    assert receiver.bodies()[0] == {
        "key": f"{first}-opened", "event": "opened", "alert_id": first, "kind": "threshold", "dataset": "readings",
        "rule": "hot", "sensor": "pump/1", "severity": "warning", "text": "readings: 91.5 is above 80",
        "at": at(0).isoformat(), "began_at": at(0).isoformat(), "ended_at": at(5).isoformat(), "value": 91.5,
        "score": None, "job": None, "run_id": None, "details": {},
    }  # fmt: skip
    assert receiver.bodies()[1]["text"] == "readings: below 75 again"


def test_what_was_delivered_stands_in_the_table(receiver, configured, clock):
    config = configured(channels={"hook": HOOK}, webhook="${env:HOOK}")
    written(config, opened(0))

    Deliverer(config, clock).deliver_once()

    (alert,) = open_alerts(config, at(1))
    assert alert.delivered == {("hook", "opened"): "delivered", ("webhook", "opened"): "delivered"}


def test_what_is_silenced_is_not_posted_until_that_is_over(receiver, configured, clock):
    config = configured(channels={"hook": HOOK})
    (_, one) = written(config, silence(-5, 15, sensor="pump/*"), opened(0))
    deliverer = Deliverer(config, clock)

    deliverer.deliver_once()
    quiet = receiver.keys()
    clock.goes_on(minutes=11)
    deliverer.deliver_once()

    assert quiet == []
    assert receiver.keys() == [f"{one}-opened"]


def test_the_thread_delivers_what_is_written_when_it_is_woken(receiver, configured, running, monkeypatch):
    monkeypatch.setattr("tidemill.alerts.deliverer.LOOKS_EVERY", 600)
    config = configured(channels={"hook": HOOK})
    first, *others = now_events(30)
    append_events(config, [first])
    deliverer = running(config)
    until(lambda: len(open_alerts(config)[0].delivered) == 1)

    append_events(config, others)
    deliverer.wake()

    until(lambda: len(receiver.keys()) == 30)
    assert Counter(receiver.keys()) == Counter(f"{one.alert_id}-opened" for one in [first, *others])


def test_the_thread_finds_by_itself_what_another_process_wrote(receiver, configured, running):
    config = configured(channels={"hook": HOOK})
    running(config)

    append_events(config, now_events(1))

    until(lambda: len(receiver.keys()) == 1)


def test_two_deliverers_of_one_lake_post_each_message_once(receiver, configured, running):
    config = configured(channels={"hook": HOOK})
    both = [running(config), running(config)]
    events = now_events(25)

    append_events(config, events)
    for one in both:
        one.wake()
    until(lambda: all(alert.delivered for alert in open_alerts(config)))

    assert Counter(receiver.keys()) == Counter(f"{one.alert_id}-opened" for one in events)


def test_no_secret_is_in_a_log_or_in_the_table(receiver, configured, clock, capfd):
    config = configured(channels={"hook": HOOK})
    written(config, opened(0))
    receiver.down = True
    deliverer = Deliverer(config, clock)

    with capture_logs() as logs:
        deliverer.deliver_once()
        clock.goes_on(days=8)
        deliverer.deliver_once()

    table = opened_table(config, "ops.alert_events").rows(["text", "details"])
    told = json.dumps([logs, [str(row) for row in table], capfd.readouterr()], default=str)
    assert "alert_given_up" in told
    assert "s3cret" not in told
    assert "s1gning" not in told
    assert DeltaTable(f"{config.lake_root}/ops/alert_events").version() == 1


def test_what_is_acknowledged_before_it_could_be_delivered_is_delivered_once(receiver, configured, clock):
    config = configured(channels={"hook": HOOK})
    one, _ = written(config, opened(0), event("acknowledged", 1, by="ada"))
    clock.goes_on(minutes=2)

    Deliverer(config, clock).deliver_once()

    assert receiver.keys() == [f"{one}-opened"]
    assert [alert.state(clock.now) for alert in recent_alerts(config, at(0), clock.now)] == ["acknowledged"]
