"""The clock of the machine that collects and streams is set by hours while readings come: none is lost or doubled."""

import json
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.numbered import bridge_of, configure
from tests.services.clock import Clock
from tests.waiting import rows_in, until

EACH = 100


@pytest.mark.slow
def test_a_clock_that_is_set_by_hours_in_both_directions_loses_and_doubles_no_reading(job, brokers, table, tmp_path):
    mqtt, kafka = brokers
    clock = Clock(tmp_path)
    configure(job, tmp_path / "conf", mqtt, kafka)
    job.variables |= clock.variables
    lake = job.home / "lake"

    def readings(first):
        now = datetime.now(UTC)
        told = ((n, (now + timedelta(milliseconds=n)).isoformat()) for n in range(first, first + EACH))
        sent = [(f"plant/s{n % 7}", json.dumps({"at": at, "number": n})) for n, at in told]
        return [*sent, *sent[::10]]

    def await_rows(layer, count):
        def there():
            assert streaming.poll() is None, streaming.communicate()
            return rows_in(lake / layer / "numbered") >= count

        until(there, 300, f"{layer} did not get {count} rows in time")

    collecting = bridge_of(job)
    until((job.home / "spool" / "numbered" / ".filter").exists)
    streaming = job.start("stream", "--dataset", "numbered")

    mqtt.send(readings(0))
    await_rows("silver", EACH)
    clock.set(timedelta(hours=3))
    for topic, reading in readings(EACH):
        # As from the bridge of another machine, as Kafka takes nothing from a clock so far ahead.
        kafka.send("numbered", reading, headers=[("mqtt.topic", topic.encode())])
    await_rows("silver", 2 * EACH)
    mqtt.send(readings(2 * EACH))
    assert collecting.wait(120) == 1
    clock.set(timedelta(hours=-3))
    # By the machine's clock these readings come from the future.
    collecting = bridge_of(job)
    await_rows("quarantine", EACH)
    clock.set(timedelta(0))
    mqtt.send(readings(3 * EACH))
    await_rows("silver", 3 * EACH)
    for process in (collecting, streaming):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
    replayed = job("replay_quarantine", "--dataset", "numbered")

    assert (collecting.returncode, streaming.returncode) == (0, 0)
    assert replayed.status == 0, replayed.err
    numbers = Counter(row["number"] for row in table(job.home, "silver.numbered"))
    assert numbers == Counter(range(4 * EACH))
    committed = [event for event in table(job.home, "ops.run_events") if event["event"] == "committed"]
    streamed = [event for event in committed if event["job"] == "stream"]
    assert sum(event["rows_read"] for event in streamed) == rows_in(lake / "bronze" / "numbered")
