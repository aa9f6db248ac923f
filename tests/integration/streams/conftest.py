"""Readings sent to a topic of their own, and the stream that takes them."""

import json
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from tests.stream_contracts import site_contract
from tidemill.streams import stream_readings
from tidemill.streams.readings import begin_again

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def own(kafka, topic):
    def contract(**changes):
        value = {"required": True, "max": 100, **changes.pop("value", {})}
        source = {"kind": "kafka", "servers": kafka.servers, "topic": topic, **changes.pop("source", {})}
        return site_contract(value=value, source=source, **{"windows": ["1 minute"], **changes})

    return contract


@pytest.fixture
def send(kafka, topic):
    def readings(*given, partition=0):
        messages = [
            one
            if isinstance(one, str)
            else json.dumps({"station": one[0], "at": (NOON + timedelta(seconds=one[1])).isoformat(), "value": one[2]})
            for one in given
        ]
        kafka.send(topic, *messages, partition=partition)

    return readings


@pytest.fixture
def stream(lake, tmp_path):
    def run(contract, restart=False, stopped=False):
        stopping, checkpoint = Event(), str(tmp_path / "checkpoint")
        if stopped:
            stopping.set()
        if restart:
            begin_again(lake, contract, checkpoint)
        return stream_readings(lake, contract, checkpoint, "", True, stopping)

    return run


@pytest.fixture
def silver(lake):
    def rows():
        """(station, seconds after noon, value) of each reading."""
        found = lake.read("silver.site").collect()
        return sorted(
            (row["station"], int((row["at"].astimezone(UTC) - NOON).total_seconds()), row["value"]) for row in found
        )

    return rows
