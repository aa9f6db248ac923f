"""From publishing to queryable: a steady 2,000 readings a second through query A, and through a bare stream.

    make bench NAME=stream_latency                        five minutes of ours, two of the bare one
    python benchmarks/stream_latency.py --minutes 30      a soak: also lag, memory and log from its third to its end

A reading's delay is the time of the commit that brought it to silver less the time at which it was published (its
event time); an alert's is the time of the commit that brought it to ops.alert_events less that of the reading that it
tells of, and every thousandth reading is such a fault. The first minute of each is not counted. Told for all, and for
each five minutes. Goals: p95 at most 2 s, p50 under 1 s, of both; in a soak no growth.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from confluent_kafka import Producer
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from streaming.bare import bare_query
from streaming.readings import SENSORS, contract, reading
from streaming.rules import HOT, alerting_in
from streaming.session import stream_session
from training.processor import heap_in_use

from tidemill.lake import Lake
from tidemill.streams import stream_readings

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.services.kafka import Kafka

RATE = 2000
SLICE = 0.02  # seconds between two handfuls of messages
P95, P50 = 2.0, 1.0
FAULT = 1000
PARTITIONS = 2
STRETCH = 300  # seconds
LOOK_EVERY, HEAP_EVERY = 15, 12  # seconds between looks at the memory; looks from one at the heap to the next


class Publisher(Thread):
    """Publishes readings of now at a steady rate until it is told to stop."""

    def __init__(self, servers: str, topic: str) -> None:
        super().__init__(daemon=True)
        self._producer = Producer({"bootstrap.servers": servers, "linger.ms": 5, "log_level": 0})
        self._topic, self.stopping, self.sent = topic, Event(), 0

    def run(self) -> None:
        """Publish."""
        begun = time.monotonic()
        while not self.stopping.wait(SLICE):
            for number in range(self.sent, int((time.monotonic() - begun) * RATE)):
                at = datetime.now(UTC)
                # Of another sensor each time, whose next reading is as it should be.
                fault = number % FAULT == FAULT - 1 - number // FAULT % FAULT
                message = reading(number, at, HOT + 5 if fault else 20 + number % 7)
                self._producer.produce(self._topic, message, partition=number % SENSORS % PARTITIONS)
                self.sent += 1
            self._producer.poll(0)
        self._producer.flush(30)


class Delays(NamedTuple):
    """Of readings: when each was published (seconds since 1970), and the seconds from then to the commit."""

    at: np.ndarray
    seconds: np.ndarray

    def told(self, prefix: str = "") -> dict[str, Any]:
        """The figures of all, and of each stretch of them, so that a start that is slower and a growth are seen."""
        if not len(self.at):
            return {}
        stretch = ((self.at - self.at.min()) // STRETCH).astype(int)
        parts = [self.seconds[stretch == number] for number in range(stretch.max() + 1)]
        # A stretch that the end cut short says little.
        whole = [part for part in parts if len(part) >= len(parts[0]) / 2]
        return {
            f"{prefix}p50": round(float(np.quantile(self.seconds, 0.5)), 2),
            f"{prefix}p95": round(float(np.quantile(self.seconds, 0.95)), 2),
            f"{prefix}max": round(float(self.seconds.max()), 2),
            f"{prefix}p50_p95_by_{STRETCH // 60}_minutes": [
                [round(float(np.quantile(part, share)), 2) for share in (0.5, 0.95)] for part in whole
            ],
        }


def delays(silver: Path, since: float) -> Delays:
    """From publishing to the commit, of the readings published since a moment (seconds since 1970)."""
    return _delays(((committed, table["at"]) for committed, table in _added(silver, ["at"])), since)


def alert_delays(events: Path, since: float) -> Delays:
    """The same of the alerts that were opened by a reading published since a moment."""
    added = _added(events, ["event", "event_at"])
    opened = ((committed, table.filter(pc.equal(table["event"], "opened"))["event_at"]) for committed, table in added)
    return _delays(opened, since)


def _delays(commits: Iterable[tuple[float, pa.ChunkedArray]], since: float) -> Delays:
    published, waited = [np.array([])], [np.array([])]
    for committed, moments in commits:
        at = moments.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy() / 1e6
        at = at[at >= since]
        published.append(at)
        waited.append(committed - at)
    return Delays(np.concatenate(published), np.concatenate(waited))


def _added(table: Path, columns: list[str]) -> Iterator[tuple[float, pa.Table]]:
    """By commit that added rows, its time (seconds since 1970) and the rows."""
    for file in sorted((table / "_delta_log").glob("*.json")):
        for line in file.read_text().splitlines():
            added = json.loads(line).get("add")
            if added and added["dataChange"]:
                yield file.stat().st_mtime, pq.read_table(table / added["path"], columns=columns)


class Trial:
    """One side for some minutes."""

    def __init__(self, spark: SparkSession, broker: Kafka, folder: Path) -> None:
        self._spark, self._broker, self._folder = spark, broker, folder

    def __call__(self, side: str, minutes: float) -> dict[str, Any]:
        """Stream while readings are published, and tell the delays."""
        topic = self._broker.topic(side, PARTITIONS)
        publisher, stopping = Publisher(self._broker.servers, topic), Event()
        work = Thread(target=getattr(self, f"_{side}"), args=(topic, stopping))
        memory, heap = list[int](), list[int]()
        publisher.start()
        work.start()
        begun = time.time()
        while (left := begun + 60 * minutes - time.time()) > 0:
            time.sleep(min(left, LOOK_EVERY))
            memory.append(round(sum(self._streaming()) / 2**20))
            if len(memory) % HEAP_EVERY == 0:
                heap.append(round(heap_in_use(self._spark)))
        lag = publisher.sent - self._rows(side)
        publisher.stopping.set()
        publisher.join()
        stopping.set()
        work.join()
        silver = self._folder / side / ("lake/silver/site_readings" if side == "ours" else "silver")
        found = delays(silver, begun + 60)
        alerts = alert_delays(self._folder / side / "lake" / "ops" / "alert_events", begun + 60)
        told = {
            **found.told(),
            "readings": len(found.at),
            **alerts.told("alerts_"),
            "alerts": len(alerts.at),
            "behind_at_the_end": lag,
            "memory_mb": memory[:: max(1, len(memory) // 6)],
            "heap_in_use_mb": heap,
            "log_files": len(list((silver / "_delta_log").iterdir())),
            "data_files": DeltaTable(str(silver)).get_add_actions().num_rows,
        }
        print(side, json.dumps(told), flush=True)
        return told

    def _rows(self, side: str) -> int:
        silver = self._folder / side / ("lake/silver/site_readings" if side == "ours" else "silver")
        return sum(DeltaTable(str(silver)).get_add_actions(flatten=True)["num_records"].to_pylist())

    def _streaming(self) -> Iterator[int]:
        """Bytes of memory of each process, the broker left out."""
        own = psutil.Process()
        for process in (own, *own.children(recursive=True)):
            with suppress(psutil.Error):  # it has ended
                if "kafka.Kafka" not in process.cmdline():
                    yield process.memory_info().rss

    def _ours(self, topic: str, stopping: Event) -> None:
        folder = self._folder / "ours"
        lake, given = Lake(self._spark, f"{folder}/lake"), contract(self._broker.servers, topic)
        rules = alerting_in(str(folder), given)
        stream_readings(lake, given, f"{folder}/checkpoint", "", once=False, stopping=stopping, alerting=rules)

    def _bare(self, topic: str, stopping: Event) -> None:
        query = bare_query(self._spark, self._broker.servers, topic, str(self._folder / "bare"))
        stopping.wait()
        query.stop()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--bare-minutes", type=float, default=2)
    request = parser.parse_args()
    spark = stream_session("stream_latency")
    with tempfile.TemporaryDirectory(prefix="tidemill-bench-") as made:
        (Path(made) / "kafka").mkdir()
        broker = Kafka(Path(made) / "kafka").start()
        try:
            trial = Trial(spark, broker, Path(made))
            found = {"ours": trial("ours", request.minutes)}
            if request.bare_minutes:
                found["bare"] = trial("bare", request.bare_minutes)
        finally:
            broker.stop()
    spark.stop()
    told = {"bench": "stream_latency", "ratio": found["ours"]["p95"], "goal": P95, "unit": "seconds to silver, p95"}
    bare = found["bare"]["p95"] if request.bare_minutes else None
    print(json.dumps({**told, "ours": found["ours"]["p95"], "theirs": bare, "detail": {**found, "goal_p50": P50}}))


if __name__ == "__main__":
    main()
