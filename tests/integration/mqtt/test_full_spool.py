"""A spool that stays full for longer than a connection lasts without a sign of life."""

from threading import Event, Thread
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from tests.services.mosquitto import Mosquitto
from tests.stream_contracts import site_contract
from tests.waiting import until
from tidemill.sources.mqtt import bridge, connection, run_bridge, spool
from tidemill.sources.mqtt.records import batch_of
from tidemill.sources.mqtt.segments import segments_in

MESSAGES = [b"%06d" % number + b"x" * 4000 for number in range(1000)]


@pytest.fixture
def broker(tmp_path):
    running = Mosquitto(tmp_path).start()
    yield running
    running.stop()


@pytest.fixture
def told(monkeypatch):
    """How often the bridge has logged an event; its connections last two seconds without a sign of life."""
    monkeypatch.setattr(connection, "KEEPALIVE_SECONDS", 1)
    with capture_logs() as logs:
        yield lambda event: sum(log["event"] == event for log in logs)


@pytest.fixture
def full(broker, told, tmp_path):
    """Begin a bridge whose spool is full; gives what drains it, the messages' numbers as they were taken."""
    stopping, threads = Event(), []

    def begin(version):
        source = {"kind": "mqtt", "url": f"mqtt://127.0.0.1:{broker.port}", "topic": "site/+station"}
        source |= {"version": version, "client_id": uuid4().hex, "spool_mb": 1, "in_flight": 100}
        folder = tmp_path / "spool" / "site"
        started = Event()
        arguments = (site_contract(source=source), str(folder.parent), stopping, started.set)
        threads.append(Thread(target=run_bridge, args=arguments))
        threads[0].start()
        assert started.wait(30)
        broker.send([("site/a", message) for message in MESSAGES])
        until(lambda: told("spool_full"))
        taken = []

        def drained():
            for path in segments_in(folder):
                taken.extend(int(message.payload[:6]) for message in batch_of(path.read_bytes()).messages)
                path.unlink()
            return len(set(taken)) == len(MESSAGES) and taken

        return drained

    yield begin
    stopping.set()
    for thread in threads:
        thread.join(30)


def pings(broker):
    return (broker.folder / "broker.log").read_text().count("Received PINGREQ")


def test_the_connection_lasts_and_can_be_made_again_while_the_spool_is_full(full, broker, told):
    drained = full("5")
    before = pings(broker)
    until(lambda: pings(broker) > before + 4)
    assert told("lost") == 0

    broker.restart()
    until(lambda: told("subscribed") == 2)
    before = pings(broker)
    until(lambda: pings(broker) > before + 4)

    assert (told("lost"), told("no_answer"), told("spool_full")) == (1, 0, 1)
    assert set(until(drained)) == set(range(len(MESSAGES)))


def test_what_is_more_than_memory_may_hold_stays_with_the_broker_until_there_is_room(full, told, monkeypatch):
    monkeypatch.setattr(spool, "_HELD_BYTES", 100_000)
    for name, seconds in (("_LONGEST_PAUSE", 0.1), ("_ANSWER_SECONDS", 0.5), ("_PROGRESS_SECONDS", 0.2)):
        monkeypatch.setattr(bridge, name, seconds)
    drained = full("3.1.1")  # of which this broker sends all that it has
    until(lambda: told("lost"))
    before = told("progress")
    until(lambda: told("progress") > before + 10)
    assert told("connected") == 1

    assert set(until(drained)) == set(range(len(MESSAGES)))
    assert told("no_answer") == 0
    assert told("connected") == told("lost") + 1
