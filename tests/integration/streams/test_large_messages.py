"""Messages of ten megabytes, and larger ones than a spool or a topic takes, from the device to the lake."""

import json
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import uuid4

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from tests.integration.streams.chain import Chain
from tests.stream_contracts import site_contract
from tidemill.lake import Counts
from tidemill.sources.mqtt import run_bridge
from tidemill.sources.mqtt.forwarding import KafkaRefuses
from tidemill.streams import stream_readings

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
LARGE = 10_000_000


def reading(number, size=0):
    return json.dumps({"at": (BEGAN + timedelta(seconds=number)).isoformat(), "value": number, "note": "x" * size})


def noted(source):
    return site_contract(("station",), source=source, columns={"note": {"type": "string"}})


def notes(lake):
    rows = lake.read("silver.site").selectExpr("cast(value as int)", "length(note)").collect()
    return sorted(map(tuple, rows))


def refused(lake):
    """How long the records in quarantine are, in millions."""
    failed = lake.read("quarantine.site").selectExpr("_failures[0].check", "length(_record) div 1000000").collect()
    return sorted(map(tuple, failed))


@pytest.fixture
def site():
    return f"site{uuid4().hex}"


def mqtt(mosquitto, site, **more):
    return {"kind": "mqtt", "url": f"mqtt://127.0.0.1:{mosquitto.port}", "topic": f"{site}/+station", **more}


def test_ten_megabytes_pass_a_spool_of_one_and_reach_silver_or_quarantine(lake, mosquitto, site, tmp_path):
    with Chain(lake, noted(mqtt(mosquitto, site, client_id=site, spool_mb=1)), tmp_path) as chain:
        sent = [reading(0), reading(1, LARGE), "{" + "x" * LARGE, reading(2), reading(3, LARGE)]
        mosquitto.send([(f"{site}/a", one) for one in sent])
        chain.await_rows("silver", 4)
        chain.await_rows("quarantine", 1)

    assert not chain.errors
    assert notes(lake) == [(0, 0), (1, LARGE), (2, 0), (3, LARGE)]
    assert refused(lake) == [("record.parse", 10)]


def test_ten_megabytes_pass_a_topic_that_takes_them(lake, kafka, tmp_path):
    topic = kafka.topic(f"large.{uuid4().hex}", **{"max.message.bytes": "20000000"})
    own = noted({"kind": "kafka", "servers": kafka.servers, "topic": topic})
    large = json.dumps({**json.loads(reading(1, LARGE)), "station": "a"})
    kafka.send(topic, large, "{" + "x" * LARGE, json.dumps({**json.loads(reading(2)), "station": "a"}))

    (run,) = stream_readings(lake, own, str(tmp_path / "checkpoint"), "", True, Event())

    assert run.counts == Counts(read=3, accepted=2, quarantined=1)
    assert notes(lake) == [(1, LARGE), (2, 0)]
    assert refused(lake) == [("record.parse", 10)]


def test_a_message_that_a_topic_refuses_is_told_and_comes_through_once_the_topic_takes_it(
    lake, mosquitto, kafka, site, tmp_path
):
    topic = kafka.topic(f"small.{uuid4().hex}")
    forward = {"servers": kafka.servers, "topic": topic}
    contract = noted(mqtt(mosquitto, site, client_id=site, kafka=forward))

    def publish():
        mosquitto.send([(f"{site}/a", reading(1, 2_000_000)), (f"{site}/a", reading(2))])

    with pytest.raises(KafkaRefuses, match=r"max\.message\.bytes"):
        run_bridge(contract, str(tmp_path / "spool"), Event(), publish)
    larger = ConfigEntry("max.message.bytes", "20000000", incremental_operation=AlterConfigOpType.SET)
    place = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[larger])
    kafka.admin.incremental_alter_configs([place])[place].result()

    with Chain(lake, contract, tmp_path) as chain:
        chain.await_rows("silver", 2)

    assert not chain.errors
    assert notes(lake) == [(1, 2_000_000), (2, 0)]
