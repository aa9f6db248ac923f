"""Readings that the MQTT bridge sent on to Kafka, as a stream takes them from there."""

from tests.services.kafka import PASSWORD, USER
from tests.stream_contracts import site_contract
from tidemill.lake import Counts


def forwarded(servers, topic, **security):
    kafka = {"servers": servers, "topic": topic, **({"security": security} if security else {})}
    return site_contract(source={"kind": "mqtt", "url": "mqtt://broker", "topic": "site/#", "kafka": kafka})


def test_a_topic_behind_a_login_is_read_with_the_login_that_the_bridge_sends_with(
    kafka, topic, send, stream, monkeypatch
):
    monkeypatch.setenv("KAFKA_PASSWORD", PASSWORD)
    login = {"username": USER, "password": "${env:KAFKA_PASSWORD}"}
    send(("a", 0, 1.0))

    (run,) = stream(forwarded(kafka.secured, topic, protocol="SASL_PLAINTEXT", mechanism="PLAIN", **login))

    assert run.counts == Counts(read=1, accepted=1)
