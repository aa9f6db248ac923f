"""The gold tables of a dataset's windows: a batch added to them, or all of them made again."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.contract.stream import window_table
from tidemill.lake import Lake
from tidemill.lake.batches import BatchMark, exchange, make, newest_mark, pass_over
from tidemill.streams.lateness import micros
from tidemill.streams.windows.readings import entity_columns, readings, stream_of
from tidemill.streams.windows.summing import coarser, gathered, partial_sums, shared_length, windows
from tidemill.streams.windows.touched import condition, touched

PARTITION_BY = ("day",)
SORT_BY = ("sensor", "window_start")
# A stream commits every few seconds: what it leaves behind is kept for a day, and its log is summed up now and then.
PROPERTIES = {
    "delta.dataSkippingStatsColumns": ",".join(SORT_BY),
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 1 day",
    "delta.deletedFileRetentionDuration": "interval 6 hours",
}


class WindowTables:
    """The window tables of one dataset.

    Args:
        lake: where they are.
        contract: with `stream`.
    """

    def __init__(self, lake: Lake, contract: Contract) -> None:
        self._lake, self._contract, self._stream = lake, contract, stream_of(contract)
        self._entity = entity_columns(self._stream)
        self.silver = f"silver.{contract.name}"
        self.lengths = sorted(self._stream.windows, key=micros)
        self.names = {length: window_table(contract.name, length) for length in self.lengths}

    @property
    def recipe(self) -> str:
        """A hash of what the windows follow from, beside the readings and what the calibration table holds."""
        parts = self._stream.model_dump(include={"entity", "value", "unit", "convert", "calibration"})
        plain = json.dumps({**parts, "event_time": self._contract.event_time}, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    def marks(self) -> dict[str, BatchMark | None]:
        """The newest mark of each table, by length."""
        return {length: newest_mark(self._lake, name) for length, name in self.names.items()}

    def newest_reading(self) -> datetime | None:
        """The greatest event time (UTC) in the windows; read from the longest ones, which are the fewest."""
        longest = self._lake.read(self.names[self.lengths[-1]])
        found = longest.agg(F.unix_micros(F.max("last_at")).alias("at")).collect()[0]["at"]  # one row
        return None if found is None else datetime.fromtimestamp(found / 1e6, UTC)

    def calibration_version(self) -> int | None:
        """The newest version of the calibration table; None where none is asked for."""
        if self._stream.calibration is None:
            return None
        self._lake.read(self._stream.calibration.table)  # says so where there is none
        return self._lake.version(self._stream.calibration.table)

    def add(self, batch: DataFrame, mark: BatchMark, done: Mapping[str, BatchMark | None]) -> None:
        """Add a batch of silver's rows to every table that has not had it, each in one commit.

        Args:
            batch: rows of silver.
            mark: of the batch; its `calibration` is the version to correct by.
            done: the newest mark of each table.
        """
        lacking = [length for length in self.lengths if _number(done[length]) < mark.batch]
        rows = readings(batch, self._contract, self._calibration(mark.about.get("calibration")))
        # One row a sensor, window and scale of a batch, whose size the stream bounds.
        partial = partial_sums(rows, self._entity, shared_length(self.lengths)).persist()
        try:
            stretches = touched(partial)
            for length in lacking:
                if stretches:
                    self._exchange(partial, length, condition(stretches, length), mark)
                else:
                    pass_over(self._lake, self.names[length], mark)
        finally:
            partial.unpersist()

    def _exchange(self, partial: DataFrame, length: str, where: str, mark: BatchMark) -> None:
        longer = coarser(partial, self._entity, length)
        kept = self._lake.read(self.names[length]).where(where)
        exchange(self._lake, self.names[length], _laid_out(gathered(longer, kept, self._entity, _now())), where, mark)

    def rebuild(self, reason: str) -> BatchMark:
        """Make all tables again from the whole of silver, under a new epoch, and tell so in the log.

        Returns:
            The tables' mark, whose `next` is the version of silver from which on the stream adds.
        """
        version = self._lake.version(self.silver) or 0
        # What the stream will pass over must be in what is read here.
        upto = version if self._takes_away(version) else version - 1
        mark = self._mark(version)
        try:
            silver = self._lake.read(self.silver, upto) if upto >= 0 else self._lake.read(self.silver).limit(0)
        except AnalysisException:  # the log no longer reaches back to it
            return self.begin(reason)
        structlog.get_logger().warning(
            "windows_rebuilt", dataset=self._contract.name, reason=reason, silver_version=upto, epoch=mark.epoch
        )
        calibration = self._calibration(mark.about["calibration"])
        for length in self.lengths:
            self._make(length, windows(silver, self._contract, length, _now(), calibration), mark)
        return mark

    def begin(self, reason: str) -> BatchMark:
        """Make all tables again without a row, under a new epoch: the stream reads silver from its beginning."""
        mark = self._mark(None)
        structlog.get_logger().info("windows_begun", dataset=self._contract.name, reason=reason, epoch=mark.epoch)
        nothing = self._lake.read(self.silver).limit(0)
        calibration = self._calibration(mark.about["calibration"])
        for length in self.lengths:
            self._make(length, windows(nothing, self._contract, length, _now(), calibration), mark)
        return mark

    def _mark(self, next_version: int | None) -> BatchMark:
        about = {"recipe": self.recipe, "calibration": self.calibration_version(), "next": next_version}
        return BatchMark(uuid4().hex, -1, about)

    def _make(self, length: str, rows: DataFrame, mark: BatchMark) -> None:
        laid_out = rows.repartition(*PARTITION_BY).sortWithinPartitions(*PARTITION_BY, *SORT_BY)
        make(self._lake, self.names[length], laid_out, mark, PARTITION_BY, PROPERTIES)

    def _takes_away(self, version: int) -> bool:
        """Whether a commit of silver removes files, as compaction and erasure do: the stream passes over it."""
        commit = f"{self._lake.table(self.silver)}/_delta_log/{version:020d}.json"
        removed = F.col("value").startswith('{"remove"')
        return not self._lake.spark.read.text(commit).where(removed).limit(1).isEmpty()

    def _calibration(self, version: int | None) -> DataFrame | None:
        table = self._stream.calibration
        return self._lake.read(table.table, version) if table is not None and version is not None else None


def _laid_out(rows: DataFrame) -> DataFrame:
    return rows.repartition(*PARTITION_BY).sortWithinPartitions(*PARTITION_BY, *SORT_BY)


def _number(mark: BatchMark | None) -> int:
    return -1 if mark is None else mark.batch


def _now() -> datetime:
    return datetime.now(UTC)


def same_epoch(marks: Sequence[BatchMark | None], recipe: str) -> bool:
    """Whether all tables belong together and are made as is asked for now."""
    found = [mark for mark in marks if mark is not None]
    return len(found) == len(marks) and {(mark.epoch, mark.about.get("recipe")) for mark in found} == {
        (found[0].epoch, recipe)
    }
