"""What the MQTT bridge has spooled, as micro-batches: planned before they are read, and let go of afterwards.

Spark's own source of files remembers every file for ever, and a spool has two of them a second. Here a segment that is
in the lake is removed, so that whatever is in the folder waits; all that is remembered is the batch under way.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.formats.location import open_file
from tidemill.lake import Lake
from tidemill.sources.mqtt import SEGMENTS_PER_BATCH, release, spool_rows
from tidemill.sources.mqtt.segments import segments_in
from tidemill.streams.readings.arriving import judged_readings
from tidemill.streams.readings.checkpoint import Checkpoint

LOOK_EVERY = 0.1
Take = Callable[[DataFrame, int], None]


@dataclass(frozen=True)
class Planned:
    """A micro-batch.

    Attributes:
        batch: its number, rising by one.
        at: when it was planned, in microseconds since 1970 UTC.
        segments: their paths.
        done: whether it is in all tables.
    """

    batch: int
    at: int
    segments: tuple[str, ...]
    done: bool = False


class Spooling:
    """The micro-batches of one dataset's spool.

    Args:
        lake: whose session reads.
        contract: with a source of kind mqtt.
        spool: the folder of all spools.
        checkpoint: where the batch under way is remembered.
    """

    def __init__(self, lake: Lake, contract: Contract, spool: str, checkpoint: Checkpoint) -> None:
        self._lake, self._contract, self._spool, self._checkpoint = lake, contract, spool, checkpoint
        self._folder = Path(spool) / contract.name
        self._taken, self._left = 0, 0
        # Made once: what it reads is what the plan says when it runs.
        self._rows = self._judged(F.current_timestamp())

    def run(
        self, take: Callable[[DataFrame, int], None], once: bool, stopping: Event, tick: Callable[[], None]
    ) -> None:
        """Take one micro-batch after another.

        Args:
            take: carries one, given its rows and number, to the lake.
            once: take what is there now and end, though a bridge goes on; else go on until `stopping` is set.
            stopping: set by another thread or a signal's handler.
            tick: done between two batches, and ten times a second where nothing waits.
        """
        last = max((segment.name for segment in self._waiting()), default="") if once else None
        planned = self._found()
        if planned and not planned.done:
            self._carry(planned, take, self._judged(F.timestamp_micros(F.lit(planned.at))))
        elif planned:
            release(self._spool, self._contract.name, planned.segments)
        number = planned.batch + 1 if planned else 0
        while not stopping.is_set():
            waiting = self._waiting()
            segments = [each for each in waiting if last is None or each.name <= last][:SEGMENTS_PER_BATCH]
            self._left = len(waiting) - len(segments)
            tick()
            if segments:
                now = int(datetime.now(UTC).timestamp() * 1e6)
                self._carry(self._plan(number, now, segments), take, self._rows)
                number += 1
            elif once or stopping.wait(LOOK_EVERY):
                return

    def rows_left(self, rows: int) -> int:
        """How many rows wait behind the batch under way, where all that were taken so far had `rows`."""
        return round(self._left * rows / max(self._taken, 1))

    def _waiting(self) -> list[Path]:
        return segments_in(self._folder) if self._folder.is_dir() else []

    def _judged(self, at: Column) -> DataFrame:
        place = self._checkpoint.plan
        one = self._lake.spark.range(1, numPartitions=1)

        def paths(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for _ in batches:
                with open_file(place) as file:
                    segments = json.loads(file.read())["segments"]
                yield pa.RecordBatch.from_arrays([pa.array(segments, pa.string())], names=["path"])

        rows = spool_rows(one.mapInArrow(paths, "path string"), self._contract)
        return judged_readings(rows, self._lake, self._contract, at)

    def _plan(self, number: int, at: int, segments: list[Path]) -> Planned:
        planned = Planned(number, at, tuple(map(str, segments)))
        self._checkpoint.keep_plan(json.dumps(asdict(planned)).encode())
        return planned

    def _carry(self, planned: Planned, take: Take, rows: DataFrame) -> None:
        take(rows, planned.batch)
        self._checkpoint.keep_plan(json.dumps({**asdict(planned), "done": True}).encode())
        release(self._spool, self._contract.name, planned.segments)
        self._taken += len(planned.segments)

    def _found(self) -> Planned | None:
        told = self._checkpoint.planned()
        if told is None:
            return None
        planned = Planned(**json.loads(told))
        return Planned(planned.batch, planned.at, tuple(planned.segments), planned.done)
