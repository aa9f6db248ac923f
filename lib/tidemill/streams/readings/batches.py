"""One micro-batch after another: judge its readings, write them to all tables at once, and keep what is known after."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from threading import Lock
from time import monotonic, time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.refusals import FailedCheck
from tidemill.lake import Counts, Lake, RecordedRun, held
from tidemill.quality import change_counts, rules_of
from tidemill.streams.lateness import late_micros, micros
from tidemill.streams.progress import Progress
from tidemill.streams.readings.alerting import Alerting
from tidemill.streams.readings.checkpoint import Checkpoint
from tidemill.streams.readings.deciding import ACCEPTED, Arrived, may_be_known, newest_by_sensor, statuses
from tidemill.streams.readings.figures import Figures, figures_of
from tidemill.streams.readings.known import known
from tidemill.streams.readings.minutes import RUN_SECONDS, Minutes
from tidemill.streams.readings.others import with_others
from tidemill.streams.readings.resuming import Resumed, left_whole, resumed
from tidemill.streams.readings.rows import decided_by, rows_by_table, skipped_by
from tidemill.streams.readings.state import ReadingState
from tidemill.streams.readings.tables import BatchTables

# Of a batch's readings so many stand for all.
DELAYS_TOLD = 20


class Batches:
    """The micro-batches of one stream, given to `take` in their order.

    Attributes:
        rows: that were taken so far.

    Args:
        lake: where the tables are.
        contract: of a dataset with `stream`.
        checkpoint: where the state is kept.
        store: the name of the store that batches are numbered in.
        heard: is given each run that was committed.
        alerting: watches the readings; None: nothing does.
    """

    def __init__(
        self,
        lake: Lake,
        contract: Contract,
        checkpoint: Checkpoint,
        store: str,
        heard: Callable[[RecordedRun], None],
        alerting: Alerting | None = None,
    ) -> None:
        assert contract.stream is not None  # noqa: S101
        self._lake, self._contract = lake, contract
        self._checkpoint, self._store, self._heard = checkpoint, store, heard
        self._alerting = alerting
        self._tables = BatchTables(lake, store, skipped_by(contract))
        self._minutes = Minutes(lake, contract, store, RUN_SECONDS)
        self._rules, self._changes = rules_of(contract), list(change_counts(contract))
        self._deciding = decided_by(contract, self._rules, self._changes)
        self._state: ReadingState | None = None
        self._working, self._looked = Lock(), False
        self._stream, self._horizon = contract.stream, micros(contract.stream.horizon)
        self._progress = Progress(lake, contract.name, "readings")
        self.rows = 0

    def take(self, rows: DataFrame, batch: int) -> None:
        """Carry a micro-batch to its tables.

        Args:
            rows: see `arriving.judged_readings`.
            batch: its number; the same number brings the same rows.

        Raises:
            FailedCheck: a check that must hold does not; bronze has the batch.
        """
        with self._working, held(self._lake.root, self._contract.name, "stream"):
            # One micro-batch; on disk where memory is short.
            kept = rows.withColumn("_number", F.monotonically_increasing_id()).persist(StorageLevel.MEMORY_AND_DISK)
            try:
                self._carry(kept, batch)
            finally:
                kept.unpersist()

    def tick(self, waiting: int) -> None:
        """What is due between two batches, or about once a second.

        Args:
            waiting: rows that the source has behind those of the last batch, as far as is known.
        """
        self._progress.behind(waiting)
        self._progress.tick()
        if self._alerting:
            self._alerting.tick()
        # Another thread may be at a batch.
        if self._working.acquire(blocking=False):
            try:
                self._look_for_left()
                if self._minutes.due:
                    self._end_run()
            finally:
                self._working.release()

    def end(self) -> None:
        """Commit the run under way, or one that a kill left with nothing to do; after the last batch."""
        self._look_for_left()
        self._end_run()
        self._progress.flush()
        self._tables.close()

    def _tell(self, counts: Counts, on_time: NDArray[Any], began: float) -> None:
        """Say how long readings took from their event time until now; late ones tell nothing of the stream."""
        some = on_time[:: max(1, len(on_time) // DELAYS_TOLD)] / 1e6
        delays = [time() - at for at in some]
        self._progress.batch(counts.read, monotonic() - began, counts.late, counts.quarantined, delays)

    def _carry(self, kept: DataFrame, batch: int) -> None:
        began = monotonic()
        # Some 60 bytes a reading of one micro-batch, whose size the source bounds.
        told = kept.select(*self._deciding).toPandas()
        if told.empty:
            return
        found = self._resumed(batch)
        self._state = found.state
        if found.over:
            return
        self._state = with_others(found.state, self._lake, self._contract, self._store, self._horizon)
        arrived = Arrived.of(told)
        status = statuses(arrived, self._known(arrived, found.done))
        is_late = late_micros(arrived.at, self._state.watermark, self._stream)
        figures = figures_of(told, status, is_late, self._rules, self._changes)
        run = self._minutes.run(batch, found.before)
        tables = rows_by_table(kept, self._contract, arrived, status, run.id)
        broken = self._broken(figures)
        if broken:
            tables = {name: rows for name, rows in tables.items() if name.startswith("bronze.")}
        due = {name: rows for name, rows in tables.items() if name not in found.done}
        taken, arrival = arrived.chosen(status == ACCEPTED), int(told["_arrival"].to_numpy(np.int64)[0])
        events = self._alerting.observe(taken, arrival) if self._alerting and not broken else []
        beside = [partial(self._alerting.record, events)] if self._alerting and events else []
        self._tables.write(batch, run.id, figures.as_json(), due, beside)
        if broken:
            raise broken
        self._state = self._state.reached(newest_by_sensor(taken), arrival, self._horizon)
        if f"silver.{self._contract.name}" in due:
            before = -1 if self._state.silver is None else self._state.silver
            self._state = replace(self._state, silver=before + 1)
        if self._alerting:
            self._state = replace(self._state, watcher=self._alerting.to_bytes())
        self._checkpoint.keep(batch, self._state)
        self._minutes.add(figures)
        self.rows += figures.counts.read
        self._tell(figures.counts, taken.at[~is_late[status == ACCEPTED]], began)
        if self._minutes.due:
            self._end_run()

    def _resumed(self, batch: int) -> Resumed:
        if self._state is not None:
            return Resumed(self._state)
        found = resumed(self._lake, self._contract, self._checkpoint, self._tables, self._minutes, batch)
        if self._alerting:
            silver = f"silver.{self._contract.name}"
            past = partial(self._lake.read, silver) if self._lake.exists(silver) else lambda: None
            self._alerting.begin(found.state.watcher, past)
        return found

    def _known(self, arrived: Arrived, done: Mapping[str, int]) -> NDArray[Any]:
        """Which readings silver had before this batch."""
        assert self._state is not None  # noqa: S101
        asked = may_be_known(arrived, self._state, self._horizon)
        silver = f"silver.{self._contract.name}"
        version = done[silver] - 1 if silver in done else None
        if not asked.any() or version == -1 or not self._lake.exists(silver):
            return np.zeros(len(asked), bool)
        found = known(self._lake.read(silver, version), self._contract, arrived.chosen(asked))
        return np.isin(arrived.number, found)

    def _broken(self, figures: Figures) -> FailedCheck | None:
        for rule in self._rules:
            if rule.on_fail == "fail" and (failed := figures.failed.get(rule.name)):
                return FailedCheck(self._contract.name, rule.name, f"{failed} rows; expected {rule.expected}")
        return None

    def _look_for_left(self) -> None:
        if not self._looked:
            self._looked = True
            left = left_whole(self._contract, self._checkpoint, self._tables, self._minutes)
            if left:
                self._minutes.take_up(left)

    def _end_run(self) -> None:
        recorded = self._minutes.end()
        if recorded:
            self._heard(recorded)
