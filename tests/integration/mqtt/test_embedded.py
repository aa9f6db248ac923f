"""The broker of a laptop: enough for the bridge."""

import socket

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.waiting import until
from tidemill.demo.broker import USER, EmbeddedBroker, NoBroker


@pytest.fixture
def embedded():
    with EmbeddedBroker() as broker:
        yield broker


def send(port, topic, count, first=0):
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(USER, "any")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for each in [client.publish(topic, str(number), 1) for number in range(first, first + count)]:
        each.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def test_it_keeps_what_comes_while_the_bridge_is_down(bridge, embedded):
    collecting = bridge(embedded, version="3.1.1", user=USER, password="${env:ANY}").start(ANY="any")
    send(embedded.port, f"{collecting.topic}/a", 300)
    until(lambda: len(collecting.payloads()) == 300)
    assert collecting.stop() == 0
    send(embedded.port, f"{collecting.topic}/a", 50, first=300)
    collecting.start(ANY="any")

    until(lambda: set(map(int, collecting.payloads())) == set(range(350)))


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(NoBroker, match="cannot listen"):
        EmbeddedBroker(taken.getsockname()[1]).__enter__()
