"""What breaks while messages flow: the bridge, the broker, the network, Kafka, the disk."""

import os
import random
from threading import Thread

import pytest
from confluent_kafka import Consumer, TopicPartition

from tests.services.cable import Cable
from tests.services.kafka import Kafka
from tests.services.mosquitto import Mosquitto
from tests.services.small_disk import SmallDisk
from tests.waiting import until

SEED = int(os.environ.get("TIDEMILL_SEED", "1"))
KILLS = int(os.environ.get("TIDEMILL_KILLS", "1"))


def published(broker, topic, count):
    """Numbered messages, sent in the background."""
    messages = [(f"{topic}/{number % 50}", b"%d" % number) for number in range(count)]
    sending = Thread(target=broker.send, args=(messages,))
    sending.start()
    return sending


def numbers(payloads):
    return set(map(int, payloads))


@pytest.mark.parametrize("seed", range(SEED, SEED + KILLS))
def test_after_kills_at_random_moments_every_message_is_in_the_spool(bridge, mosquitto, seed):
    dice = random.Random(seed)
    collecting = bridge(in_flight=dice.choice([1, 50, 1000])).start()
    sending = published(mosquitto, collecting.topic, 20_000)
    for _ in range(3):
        more = spooled_bytes(collecting) + dice.randrange(100_000)
        until(lambda more=more: spooled_bytes(collecting) > more or not sending.is_alive())
        collecting.kill()
        collecting.start()
    sending.join()

    until(lambda: len(numbers(collecting.payloads())) == 20_000, 120)
    assert collecting.stop() == 0
    assert not list(collecting.spool.glob(".segment-*"))


def spooled_bytes(collecting):
    return sum(path.stat().st_size for path in collecting.spool.glob("segment-*"))


def test_after_a_restart_of_the_broker_the_rest_is_collected(bridge, tmp_path):
    broker = Mosquitto(tmp_path).start()
    try:
        collecting = bridge(broker).start()
        broker.send([(f"{collecting.topic}/a", b"%d" % number) for number in range(2000)])
        broker.restart()
        broker.send([(f"{collecting.topic}/a", b"%d" % number) for number in range(2000, 4000)])

        until(lambda: numbers(collecting.payloads()) == set(range(4000)))
        assert collecting.told("lost")
        assert collecting.running.poll() is None
    finally:
        broker.stop()


def test_a_restart_of_the_broker_does_not_bring_again_what_it_retains(bridge, tmp_path):
    broker = Mosquitto(tmp_path).start()
    try:
        collecting = bridge(broker, version="3.1.1")
        broker.send([(f"{collecting.topic}/a", b"kept")], retain=True)
        collecting.start()
        until(lambda: collecting.payloads() == [b"kept"])

        broker.restart()
        until(lambda: len(collecting.told("subscribed")) == 2)
        broker.send([(f"{collecting.topic}/a", b"next")])

        until(lambda: b"next" in collecting.payloads())
        assert collecting.payloads() == [b"kept", b"next"]
    finally:
        broker.stop()


@pytest.mark.slow
def test_a_network_that_swallows_everything_is_noticed_and_nothing_is_lost(bridge, mosquitto):
    cable = Cable(mosquitto.port, swallows=True)
    collecting = bridge(url=f"mqtt://127.0.0.1:{cable.port}").start()
    mosquitto.send([(f"{collecting.topic}/a", b"%d" % number) for number in range(500)])
    until(lambda: len(collecting.payloads()) == 500)

    cable.cut()
    mosquitto.send([(f"{collecting.topic}/a", b"%d" % number) for number in range(500, 1000)])
    # New connections would hang as well, until the cable is whole again.
    until(lambda: collecting.told("lost"), 90)
    cable.mend()

    until(lambda: numbers(collecting.payloads()) == set(range(1000)))
    cable.close()


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    broker = Kafka(tmp_path_factory.mktemp("kafka")).start()
    yield broker
    broker.stop()


def read(kafka, topic):
    """(key, partition, offset) -> value of every record."""
    consumer = Consumer({"bootstrap.servers": kafka.servers, "group.id": topic, "enable.auto.commit": False})
    places = [TopicPartition(topic, partition) for partition in (0, 1)]
    ends = {place.partition: consumer.get_watermark_offsets(place, timeout=20)[1] for place in places}
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
    found = {}
    while any(ends[one.partition] > max(one.offset, 0) for one in consumer.position(places)):
        for record in consumer.consume(1000, timeout=1):
            found[record.key().decode(), record.partition(), record.offset()] = record.value()
    consumer.close()
    return found


def test_while_kafka_is_away_the_mqtt_broker_keeps_what_kafka_has_not_confirmed(bridge, mosquitto, kafka):
    collecting = bridge()
    topic = kafka.topic("forwarded", partitions=2)
    collecting.contract["source"]["kafka"] = {"servers": kafka.servers, "topic": topic}
    collecting.write()
    collecting.start()
    mosquitto.send([(f"{collecting.topic}/{number % 50}", b"%d" % number) for number in range(1000)])
    kafka.stop()
    mosquitto.send([(f"{collecting.topic}/{number % 50}", b"%d" % number) for number in range(1000, 5000)])
    until(lambda: collecting.told("kafka_away"))
    kafka.again()

    records = until(
        lambda: (found := read(kafka, topic)) and numbers(found.values()) == set(range(5000)) and found, 120
    )
    assert collecting.stop() == 0
    assert {key for key, _, _ in records} == {f"{collecting.topic}/{place}" for place in range(50)}


def test_a_full_disk_is_waited_for(bridge, mosquitto, tmp_path):
    collecting = bridge()
    collecting.spool.mkdir(parents=True)
    disk = SmallDisk(collecting.spool.parent)
    disk.start("1m")
    collecting.prefix = disk.prefix
    try:
        collecting.start()
        mosquitto.send([(f"{collecting.topic}/a", b"%06d" % number + b"x" * 4000) for number in range(1000)])
        until(lambda: collecting.told("disk_full"))
        disk.resize("20m")

        until(lambda: collecting.told("spool_goes_on"))
        assert collecting.stop() == 0
        collecting.spool = disk.copy(tmp_path / "copy") / "readings"
        assert [value[:6] for value in collecting.payloads()] == [b"%06d" % number for number in range(1000)]
    finally:
        disk.stop()
