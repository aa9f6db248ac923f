"""Channels that are down or refuse, and deliverers that die."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from structlog.testing import capture_logs

from tests.integration.alerts.hooks import HOOK, now_events
from tests.unit.alerts.events import at, closed, opened, written
from tests.waiting import until
from tidemill.alerts import Deliverer, open_alerts
from tidemill.alerts.acting import append_events


def test_a_channel_that_was_down_for_hours_gets_everything_in_order_and_hinders_no_other(receiver, configured, clock):
    config = configured(channels={"hook": HOOK, "other": {"kind": "webhook", "url": "${env:HOOK}"}})
    deliverer = Deliverer(config, clock)
    one, *_ = written(config, opened(0), closed(30))
    two, *_ = written(config, opened(60))
    clock.goes_on(minutes=61)
    receiver.answers = {f"{one}-opened": 503}
    hook, other = deliverer._outlets

    receiver.down = True
    down = [hook.deliver(wait=True)]
    receiver.down, receiver.answers = False, {}
    fine = other.deliver(wait=True)
    receiver.down = True
    while clock.now < at(300):
        clock.goes_on(minutes=10)
        down.append(hook.deliver(wait=True))
    receiver.down = False
    receiver.api.requests.clear()
    hook.deliver(wait=True)

    expected = [f"{one}-opened", f"{one}-closed", f"{two}-opened"]
    assert fine.sent == expected
    assert not any(passed.sent or passed.given_up for passed in down)
    assert receiver.keys() == expected


def test_a_channel_that_is_down_is_told_once_and_left_alone_for_longer_and_longer(receiver, configured, clock):
    config = configured(channels={"hook": HOOK})
    written(config, opened(0))
    receiver.down = True
    deliverer = Deliverer(config, clock)
    (outlet,) = deliverer._outlets

    with capture_logs() as logs:
        for _ in range(3600):
            if outlet.ready():
                deliverer._pass(outlet)
            clock.goes_on(seconds=1)

    # 1, 2, 4 ... seconds up to 5 minutes, each between a half and the whole of it: in an hour some 20 to 35 attempts.
    assert 15 <= len(receiver.api.requests) <= 40
    assert [(log["event"], log["reason"]) for log in logs] == [("channel_down", "status 503")]


def test_a_message_that_is_refused_keeps_no_other_waiting(receiver, configured, clock):
    config = configured(channels={"hook": HOOK})
    one, two, _ = written(config, opened(0), opened(1, sensor="pump/2"), closed(2))
    receiver.answers = {f"{one}-opened": 422}
    clock.goes_on(minutes=3)
    deliverer = Deliverer(config, clock)

    refused = deliverer.deliver_once()["hook"]
    receiver.answers = {}
    clock.goes_on(minutes=1)
    later = deliverer.deliver_once()["hook"]

    assert (refused.sent, refused.waiting) == ([f"{two}-opened"], {f"{one}-opened": "status 422"})
    assert later.sent == [f"{one}-opened", f"{one}-closed"]


def test_an_alert_is_never_given_up_before_its_time_and_then_with_a_warning(receiver, configured, clock):
    config = configured(channels={"hook": HOOK}, give_up_after="2 hours")
    (one,) = written(config, opened(0))
    receiver.down = True
    deliverer = Deliverer(config, clock)

    clock.goes_on(hours=2)
    young = deliverer.deliver_once()["hook"]
    clock.goes_on(seconds=1)
    with capture_logs() as logs:
        old = deliverer.deliver_once()["hook"]
    receiver.down = False
    after = Deliverer(config, clock).deliver_once()["hook"]

    assert (list(young.waiting), young.given_up) == ([f"{one}-opened"], [])
    assert (old.waiting, old.given_up) == ({}, [f"{one}-opened"])
    assert [log["key"] for log in logs if log["event"] == "alert_given_up"] == [f"{one}-opened"]
    assert after.sent == []
    (alert,) = open_alerts(config, clock.now)
    assert alert.delivered == {("hook", "opened"): "given up"}


def test_what_was_sent_but_could_not_be_recorded_is_recorded_later_and_not_sent_again(
    receiver, configured, clock, monkeypatch
):
    config = configured(channels={"hook": HOOK})
    (one,) = written(config, opened(0))
    deliverer = Deliverer(config, clock)

    def record_failing(deliveries):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(deliverer._outbox, "record", record_failing)
        with pytest.raises(OSError, match="no space"):
            deliverer._outlets[0].deliver(wait=True)
    deliverer.deliver_once()

    assert receiver.keys() == [f"{one}-opened"]
    (alert,) = open_alerts(config, at(1))
    assert alert.delivered == {("hook", "opened"): "delivered"}


def test_a_receiver_that_does_not_answer_holds_up_neither_the_others_nor_whoever_wakes(
    receiver, configured, running, monkeypatch
):
    from tests.services.http_api import HttpApi, Reply

    monkeypatch.setattr("tidemill.alerts.channels.http.TIMEOUT", 15)
    with HttpApi() as mute:
        mute.answer = lambda _: Reply(silent=True)
        monkeypatch.setenv("MUTE", mute.url)
        config = configured(channels={"hook": HOOK, "mute": {"kind": "webhook", "url": "${env:MUTE}"}})
        deliverer = running(config)
        append_events(config, now_events(3))
        began = time.monotonic()
        deliverer.wake()
        woken = time.monotonic() - began

        # The other one is waited for all the while.
        until(lambda: len(receiver.keys()) == 3, 14)
        assert len(mute.requests) == 1

    assert woken < 1


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_after_kills_between_sending_and_recording_keys_are_repeated_and_none_is_missing(receiver, configured, seed):
    config = configured(channels={"hook": HOOK})
    events = now_events(40)
    append_events(config, events)
    code = "import sys; from tidemill.cli.main import run; run(sys.argv[1:])"
    command = [sys.executable, "-c", code, "alerts", "deliver", "--home", config.home]
    command += ["--set", f"alerts.channels={json.dumps({'hook': HOOK})}"]
    moments = random.Random(seed)

    for _ in range(3):
        heard = len(receiver.api.requests)
        process = subprocess.Popen(command, env=dict(os.environ))
        # Somewhere among the messages that are sent before the next ones are recorded.
        wanted = heard + moments.randint(1, 9)
        until(lambda wanted=wanted: len(receiver.api.requests) >= wanted, 60)
        process.send_signal(signal.SIGKILL)
        process.wait()

    subprocess.run(command, check=True, env=dict(os.environ))

    told = Counter(receiver.keys())
    assert set(told) == {f"{one.alert_id}-opened" for one in events}
    assert 0 < sum(told.values()) - len(told) <= 3 * 10
    assert all(alert.delivered for alert in open_alerts(config))


def test_a_secret_that_is_not_set_is_a_channel_that_is_down(receiver, configured, clock, monkeypatch):
    config = configured(channels={"hook": HOOK})
    written(config, opened(0))
    monkeypatch.delenv("HOOK_KEY")

    waiting = Deliverer(config, clock).deliver_once()["hook"].waiting

    (reason,) = waiting.values()
    assert "HOOK_KEY is not set" in reason
