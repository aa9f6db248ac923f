"""A network that is cut between devices and the bridge, and between the bridge, Kafka and the stream."""

import json
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import uuid4

import pytest

from tests.integration.streams.chain import Chain
from tests.services.cable import Cable
from tests.stream_contracts import site_contract
from tests.waiting import until

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "swallows"), [(0, False), pytest.param(60, True, marks=pytest.mark.slow)])
def test_a_cut_between_all_of_them_at_once_loses_and_doubles_nothing(
    lake, mosquitto, kafka, topic, tmp_path, seconds, swallows
):
    to_broker, to_kafka, site = Cable(mosquitto.port, swallows=swallows), kafka.cable(swallows), uuid4().hex
    source = {"kind": "mqtt", "url": f"mqtt://127.0.0.1:{to_broker.port}", "topic": f"{site}/+station"}
    source |= {"client_id": site, "kafka": {"servers": kafka.afar, "topic": topic}}

    def publish(numbers):
        told = ((n, {"at": (BEGAN + timedelta(seconds=n)).isoformat(), "value": n}) for n in numbers)
        # Every tenth is sent twice.
        mosquitto.send([(f"{site}/s{n % 7}", json.dumps(each)) for n, each in told for _ in range(1 + (n % 10 == 0))])

    with Chain(lake, site_contract(source=source), tmp_path) as chain:
        publish(range(200))
        chain.await_rows("silver", 200)
        to_broker.cut()
        to_kafka.cut()
        publish(range(200, 400))
        until(lambda: to_broker.caught and to_kafka.caught)
        Event().wait(seconds)
        assert chain.rows("silver") == 200
        to_broker.mend()
        to_kafka.mend()
        chain.await_rows("silver", 400)

    assert not chain.errors
    values = [row["value"] for row in lake.read("silver.site").collect()]
    assert sorted(values) == list(range(400))
    committed = lake.read("ops.run_events").where("event = 'committed'")
    assert committed.agg({"rows_read": "sum"}).first()[0] == lake.read("bronze.site").count() >= 440
    to_broker.close()
    to_kafka.close()
