"""Catching up: 2 million readings from Kafka through query A against a bare stream into two Delta tables.

    make bench NAME=stream                          2 million readings
    python benchmarks/stream.py --readings 200000   fewer

Ours parses, cleanses, casts and checks every reading, keeps each once, counts the late ones, watches all by five
rules, and writes bronze, silver, quarantine and the ledger. The bare one parses with from_json and writes the
messages and what it parsed. Both take turns in one session under the same settings, after a turn each that is not
counted. Processor seconds are of the whole process tree but for the broker. The ratio is of rows a processor second
(goal: at least 0.6). Then query B brings what ours left in silver into its windows, and `detail` has its rows a
processor second.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from streaming.bare import bare_query
from streaming.readings import contract, publish, readings
from streaming.rules import alerting_in
from streaming.session import stream_session
from training.processor import timed

from tidemill.lake import Lake
from tidemill.streams import stream_readings
from tidemill.streams.readings.topics import MESSAGES_PER_BATCH
from tidemill.streams.windows import stream_windows

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.services.kafka import Kafka

PARTITIONS = 2
GOAL = 0.6
WARM = 50_000


class Sides:
    """Both streams, each time into a folder of its own."""

    def __init__(self, spark: SparkSession, servers: str, folder: Path) -> None:
        self._spark, self._servers, self._folder, self._turn = spark, servers, folder, 0
        self._written = ""

    def _fresh(self) -> str:
        self._turn += 1
        return str(self._folder / str(self._turn))

    def ours(self, topic: str) -> int:
        """Query A; returns the rows that silver has."""
        folder = self._written = self._fresh()
        lake, given = Lake(self._spark, f"{folder}/lake"), contract(self._servers, topic)
        rules = alerting_in(folder, given)
        runs = stream_readings(lake, given, f"{folder}/checkpoint", "", once=True, stopping=Event(), alerting=rules)
        counts = [run.counts for run in runs]
        assert all(each.balance for each in counts)
        print("     ", counts, flush=True)
        return sum(each.accepted for each in counts)

    def theirs(self, topic: str) -> int:
        """The bare stream; returns the rows that silver has."""
        folder = self._fresh()
        bare_query(self._spark, self._servers, topic, folder, MESSAGES_PER_BATCH, once=True).awaitTermination()
        return self._spark.read.format("delta").load(f"{folder}/silver").count()

    def windows(self, topic: str) -> int:
        """Query B, over what ours wrote last; returns the readings that the windows of a day have."""
        lake, given = Lake(self._spark, f"{self._written}/lake"), contract(self._servers, topic)
        stream_windows(self._spark, lake, given, f"{self._written}/windows", once=True, stopping=Event())
        days = lake.read(f"gold.{given.name}_1_day")
        return int(days.agg(F.sum("count")).first()[0])


def compared(sides: Sides, count: int, rounds: int, broker: Callable[[], float]) -> dict[str, Any]:
    """Both in turn; rows a processor second of each."""
    taken: dict[str, list[float]] = {"ours": [], "theirs": []}
    for side in taken:
        getattr(sides, side)("warm")
    for _ in range(rounds):
        for side, found in taken.items():
            before = broker()
            rows, took = timed(getattr(sides, side), "readings")
            seconds = took.cpu_seconds - (broker() - before)
            found.append(count / seconds)
            print(f"{side:7} {rows:,} rows {seconds:7.1f} CPU s {took.wall_seconds:7.1f} s", flush=True)
    ours, theirs = (float(np.median(taken[side])) for side in taken)
    return {"ratio": round(ours / theirs, 3), "ours": round(ours), "theirs": round(theirs)}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    request = parser.parse_args()
    spark = stream_session("stream")
    with tempfile.TemporaryDirectory(prefix="tidemill-bench-") as made:
        folder = Path(made)
        (folder / "kafka").mkdir()
        broker = Kafka(folder / "kafka").start()
        try:
            for topic, count in (("warm", WARM), ("readings", request.readings)):
                broker.topic(topic, PARTITIONS)
                sent = publish(broker.servers, topic, readings(count), PARTITIONS)
                print(f"{sent:,} messages in {topic}", flush=True)
            sides = Sides(spark, broker.servers, folder)
            found = compared(sides, sent, request.rounds, broker.cpu_seconds)
            counted, took = timed(sides.windows, "readings")
            print(f"query B {counted:,} readings {took.cpu_seconds:7.1f} CPU s {took.wall_seconds:7.1f} s", flush=True)
        finally:
            broker.stop()
    spark.stop()
    detail = {"rows": sent, "query_b": round(counted / took.cpu_seconds)}
    print(json.dumps({"bench": "stream", **found, "goal": GOAL, "unit": "rows a CPU second", "detail": detail}))


if __name__ == "__main__":
    main()
