"""Whatever is killed between a device and silver, each reading that was acknowledged is there exactly once.

Four readings in a hundred are sent twice. `make faults` sends more of them and kills more often.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from tests.e2e.numbered import bridge_of, configure
from tests.services.mosquitto import Mosquitto
from tests.waiting import rows_in, until
from tidemill.lake.stored import StoredTable

KILLS = int(os.environ.get("TIDEMILL_KILLS", "3"))
SEED = int(os.environ.get("TIDEMILL_SEED", "20240501"))
READINGS = 200_000 if KILLS > 3 else 20_000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = 900


class Publishing(Thread):
    """Publishes numbered readings at QoS 1, some of them twice, at such a pace that kills fall in between."""

    def __init__(self, broker: Mosquitto, count: int, seconds: float) -> None:
        super().__init__(daemon=True)
        self._broker, self._count, self._pause = broker, count, 100 * seconds / count

    def run(self) -> None:
        client, sent, confirmed = self._broker.client(), 0, []
        client.on_publish = lambda *given: confirmed.append(1)
        for number in range(self._count):
            at = (BEGAN + timedelta(milliseconds=100 * number)).isoformat()
            message = json.dumps({"at": at, "number": number})
            for _ in range(2 if number % 25 == 0 else 1):
                client.publish(f"plant/s{number % 7}", message, 1)  # kept until there is a connection again
                sent += 1
            if number % 100 == 99:
                time.sleep(self._pause)
        until(lambda: len(confirmed) == sent, PATIENCE, "the broker did not confirm all readings")
        client.disconnect()
        client.loop_stop()


class Program:
    """A program that is started again after each kill."""

    def __init__(self, start: Callable[[], subprocess.Popen]) -> None:
        self._start, self.process = start, start()

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        self.process = self._start()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


def windowed(table: Path) -> int:
    """How many readings the windows have."""
    try:
        windows = StoredTable(DeltaTable(str(table)), table).rows(["count"])
    except TableNotFoundError:
        return 0
    return sum(window["count"] for window in windows)


def test_bridge_stream_and_kafka_may_be_killed_and_no_reading_is_lost_or_doubled(job, brokers, table, tmp_path, capsys):
    mqtt, kafka = brokers
    configure(job, tmp_path / "conf", mqtt, kafka)

    collecting, streaming = (
        Program(lambda: bridge_of(job)),
        Program(lambda: job.start("stream", "--dataset", "numbered")),
    )
    subscribed = job.home / "spool" / "numbered" / ".filter"
    # Before that the broker keeps nothing for the bridge.
    until(subscribed.exists, PATIENCE, "the bridge did not subscribe")
    chance = random.Random(SEED)
    publishing = Publishing(mqtt, READINGS, seconds=20.0 * KILLS)
    publishing.start()
    victims = [("stream", "bridge", "kafka")[number % 3] for number in range(KILLS)]
    victims += ["broker"] * max(1, KILLS // 10)  # which is asked to end: it does not promise what a kill interrupts
    chance.shuffle(victims)
    for victim in victims:
        time.sleep(chance.uniform(5, 25))  # the moment of the kill is what is tried
        if victim == "kafka":
            kafka.stop()
            kafka.again()
        elif victim == "broker":
            mqtt.restart()
        else:
            {"stream": streaming, "bridge": collecting}[victim].kill()
    publishing.join(PATIENCE)

    silver, gold = (job.home / "lake" / name for name in ("silver/numbered", "gold/numbered_1_minute"))
    end = time.monotonic() + PATIENCE
    while rows_in(silver) < READINGS or windowed(gold) < READINGS:
        assert time.monotonic() < end, f"silver has {rows_in(silver)} of {READINGS} after {victims}"
        if streaming.process.poll() is not None:
            # A broker that is away for long ends the stream: whoever watches over it starts it again.
            streaming.process.communicate()
            streaming = Program(lambda: job.start("stream", "--dataset", "numbered"))
        time.sleep(1)
    assert streaming.end() == 0
    assert collecting.end() == 0

    with capsys.disabled():
        print(json.dumps({"killed": victims, "seed": SEED, "readings": READINGS}))
    numbers = [row["number"] for row in table(job.home, "silver.numbered")]
    assert len(numbers) == READINGS
    assert set(numbers) == set(range(READINGS))
    committed = [event for event in table(job.home, "ops.run_events") if event["event"] == "committed"]
    assert sum(event["rows_accepted"] for event in committed) == READINGS
    assert sum(event["rows_read"] for event in committed) == rows_in(job.home / "lake" / "bronze" / "numbered")
    assert windowed(gold) == READINGS
