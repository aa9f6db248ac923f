"""Readings that the MQTT bridge has spooled: taken once, and let go of when they are in the lake."""

import json
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from tests.stream_contracts import site_contract
from tidemill.errors import RequestWrong
from tidemill.lake import Counts
from tidemill.sources.mqtt.records import Message
from tidemill.sources.mqtt.segments import segments_in
from tidemill.sources.mqtt.sinks import Receipt
from tidemill.sources.mqtt.spool import Spool
from tidemill.streams import stream_readings
from tidemill.streams.files import stream_files
from tidemill.streams.readings.checkpoint import Checkpoint
from tidemill.streams.readings.minutes import Minutes

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPOOLED = {
    "entity": ("station", "sensor"),
    "value": {"required": True},
    "source": {"kind": "mqtt", "url": "mqtt://broker", "topic": "site/+station"},
}
OWN = site_contract(**SPOOLED, unpivot=["heat", "damp"])


class Killed(Exception):
    """What a kill is to the code that it interrupts."""


@pytest.fixture
def spooled(tmp_path):
    def messages(*minutes, **values):
        spool = Spool(tmp_path / "spool" / "site", 10, 100)
        for minute in minutes:
            told = {"at": (NOON + timedelta(minutes=minute)).isoformat(), **values}
            spool.add(Message(minute, b"site/a", False, b"", json.dumps(told).encode()), Receipt(1, 1))
        spool.close()

    return messages


@pytest.fixture
def stream(lake, tmp_path):
    def run(contract=OWN):
        return stream_readings(lake, contract, str(tmp_path / "checkpoint"), str(tmp_path / "spool"), True, Event())

    return run


@pytest.fixture
def waiting(tmp_path):
    return lambda: segments_in(tmp_path / "spool" / "site")


def test_each_value_of_a_message_is_a_reading_and_what_is_taken_is_let_go_of(lake, spooled, stream, waiting):
    spooled(0, 1, heat=20.5, damp=60)
    spooled(1, heat=20.5)

    (run,) = stream()

    assert run.counts == Counts(read=5, accepted=4, duplicate=1)
    rows = {(row["station"], row["sensor"], row["value"]) for row in lake.read("silver.site").collect()}
    assert rows == {("a", "heat", 20.5), ("a", "damp", 60.0)}
    assert waiting() == []


def test_all_readings_of_a_message_with_an_id_are_taken_and_known_when_it_comes_again(lake, spooled, stream):
    columns = {"id": {"type": "string", "required": True}}
    own = site_contract(**SPOOLED, columns=columns, unpivot=["heat", "damp"], message_id="id")
    spooled(0, heat=20.5, damp=60, id="x")
    (first,) = stream(own)
    spooled(0, heat=20.5, damp=60, id="x")
    spooled(0, heat=20.5, damp=60, id="y")

    (second,) = stream(own)

    assert (first.counts, second.counts) == (Counts(read=2, accepted=2), Counts(read=4, accepted=2, duplicate=2))


def test_sensors_whose_values_hold_a_slash_are_told_apart(lake, spooled, stream):
    own = site_contract(**{**SPOOLED, "entity": ("plant", "sensor")})
    for _ in range(2):
        spooled(0, plant="a/b", sensor="c", value=1)
        spooled(0, plant="a", sensor="b/c", value=2)

    (run,) = stream(own)

    assert run.counts == Counts(read=4, accepted=2, duplicate=2)


def test_what_comes_later_is_taken_by_the_next_run(lake, spooled, stream):
    spooled(0, heat=1)
    stream()
    spooled(0, 1, heat=1)

    (run,) = stream()

    assert run.counts == Counts(read=2, accepted=1, duplicate=1)
    assert stream() == []
    assert lake.read("bronze.site").count() == 3


def test_a_run_takes_what_is_there_at_its_start_and_tells_what_waits(lake, spooled, stream, waiting, monkeypatch):
    spooled(0, heat=1, damp=2)
    keep, minutes = Checkpoint.keep, iter(range(1, 4))

    def collected_meanwhile(self, batch, state):
        keep(self, batch, state)
        spooled(next(minutes), heat=1, damp=2)

    with monkeypatch.context() as bridge:
        bridge.setattr(Checkpoint, "keep", collected_meanwhile)
        (first,) = stream()
    left = len(waiting())
    (second,) = stream()

    assert (first.counts.accepted, left, second.counts.accepted) == (2, 1, 2)
    lags = [row["lag_rows"] for row in lake.read("ops.stream_progress").orderBy("at").collect()]
    assert lags == [2, 0]


def test_a_batch_that_was_killed_is_taken_again_with_the_same_segments(lake, spooled, stream, waiting, monkeypatch):
    spooled(0, heat=1)
    stream()
    spooled(1, heat=1)

    def killed(self, batch, state):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Checkpoint, "keep", killed)
        with pytest.raises(Killed):
            stream()
    assert len(waiting()) == 1
    spooled(2, heat=1)
    stream()

    assert lake.read("silver.site").count() == lake.read("bronze.site").count() == 3
    assert waiting() == []
    committed = lake.read("ops.run_events").where("event = 'committed'")
    assert committed.selectExpr("sum(rows_accepted)").first()[0] == 3


def test_a_run_that_was_killed_at_its_end_ends_with_the_next_start(lake, spooled, stream, monkeypatch):
    spooled(0, heat=1)

    def killed(self):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Minutes, "end", killed)
        with pytest.raises(Killed):
            stream()

    (run,) = stream()
    assert run.counts.accepted == 1


def test_a_stream_that_does_not_say_whose_its_readings_are_is_told_what_to_write(lake):
    with pytest.raises(RequestWrong, match=r"stream: \{entity"):
        stream_files(lake.spark, lake, OWN.model_copy(update={"stream": None}), "checkpoint", True, Event())
