"""Readings of a thousand sensors as messages of a topic, and the contract that they are taken under."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from confluent_kafka import Producer

from tidemill.contract import Contract

SENSORS = 1000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
# Of so many readings one is refused, one comes twice, one comes an hour late.
REFUSED, TWICE, LATE = 1000, 1000, 1000


def contract(servers: str, topic: str, name: str = "site_readings") -> Contract:
    """Checks and cleansing as a person would write them for a building's sensors."""
    return Contract.model_validate(
        {
            "name": name,
            "version": 1,
            "mode": "stream",
            "source": {"kind": "kafka", "servers": servers, "topic": topic},
            "columns": {
                "station": {"type": "string", "required": True, "pattern": "^site-[0-9]+$"},
                "sensor": {"type": "string", "required": True, "length": {"max": 40}},
                "at": {"type": "timestamp", "required": True, "not_in_future": "1 hour"},
                "value": {"type": "double", "required": True, "min": -50, "max": 150},
                "battery": {"type": "int", "min": 0, "max": 100, "on_fail": "warn"},
            },
            "cleanse": [{"trim": "all"}, {"empty_to_null": "all"}],
            "checks": [{"name": "alive", "sql": "battery > 0 or value is null", "on_fail": "warn"}],
            "event_time": "at",
            "stream": {"entity": ["station", "sensor"], "value": "value", "unit": "celsius"},
            "layout": {"sort_by": ["station", "sensor", "at"]},
        }
    )


def reading(number: int, at: datetime, value: float | str) -> str:
    """One message."""
    told = {
        "station": f"site-{number % SENSORS // 10}",
        "sensor": f"t{number % 10}",
        "at": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
        "value": value,
        "battery": 20 + number % 80,
    }
    return json.dumps(told)


def readings(count: int, seed: int = 0) -> Iterator[str]:
    """Messages, a few of them refused, twice, or late; every sensor once a second."""
    chance = random.Random(seed)
    for number in range(count):
        at = BEGIN + timedelta(seconds=number // SENSORS, milliseconds=number % SENSORS)
        value: float | str = round(20 + 5 * chance.random(), 2)
        fault = number % REFUSED
        if fault == 17:
            value = "broken"
        elif fault == 18:
            at -= timedelta(hours=1)
        told = reading(number, at, value)
        yield told
        if fault == 19:
            yield told


def publish(servers: str, topic: str, messages: Iterator[str], partitions: int) -> int:
    """Bring messages into a topic, a sensor's always into the same partition; return how many."""
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 50, "compression.type": "lz4", "log_level": 0})
    sent = 0
    for message in messages:
        while True:
            try:
                producer.produce(topic, message, partition=(sent % SENSORS) % partitions)
                break
            except BufferError:
                producer.poll(0.1)
        sent += 1
        if sent % 10_000 == 0:
            producer.poll(0)
    if producer.flush(120):
        raise RuntimeError("messages were not delivered")
    return sent
