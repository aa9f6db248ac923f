"""Query B: follow a stream dataset's silver at its own pace, and keep its windows in gold."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from time import monotonic, time

import structlog
from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from tidemill.contract import Contract
from tidemill.errors import RequestWrong
from tidemill.lake import Lake, held
from tidemill.lake.batches import BatchMark
from tidemill.streams.lateness import is_late
from tidemill.streams.progress import Progress
from tidemill.streams.taking import take_batches
from tidemill.streams.windows.checkpoint import Checkpoint, disagreement
from tidemill.streams.windows.own_session import own_session
from tidemill.streams.windows.readings import CALENDAR, stream_of
from tidemill.streams.windows.tables import WindowTables
from tidemill.streams.windows.upkeep import Upkeep

QUERY = "windows"
TRIGGER = "3 seconds"
# What one batch may bring: when it is behind, it catches up in few and big ones, and memory stays bounded.
FILES_PER_BATCH, BYTES_PER_BATCH = 1000, "256m"
LOOK_FOR_SILVER_EVERY = 1.0
SCHEMA_CHANGED = "DELTA_SCHEMA_CHANGED"
DELAY_QUANTILES = [(place + 0.5) / 20 for place in range(20)]


class NotWindowed(RequestWrong):
    """The dataset's contract does not say what its readings are."""

    def __init__(self, dataset: str) -> None:
        super().__init__(
            f"{dataset}: its contract has no 'stream', so it has no windows. Write stream: {{entity: [...], value: "
            f"...}} and event_time into conf/datasets/{dataset}.yaml."
        )


def stream_windows(
    spark: SparkSession,
    lake: Lake,
    contract: Contract,
    checkpoint: str,
    once: bool,
    stopping: Event,
    trigger: str = TRIGGER,
) -> None:
    """Keep a dataset's window tables up with its silver.

    Tables that do not agree with the checkpoint (one of them lost, units or lengths changed) are made again from
    silver first, and a line of the log says why. Silver need not be there yet.

    Args:
        spark: the session; the query has settings of its own in a session beside it.
        lake: with the dataset's silver.
        contract: with `stream`.
        checkpoint: a folder for this query alone; each epoch of the tables has a folder in it.
        once: add what is there and end; else go on until `stopping` is set, and end after the batch under way.
        stopping: set by another thread or a signal's handler.
        trigger: how often to look for new rows.

    Raises:
        NotWindowed: the contract has no `stream`.
        WrongCalibration: the calibration table lacks a column.
        NoSuchTable: there is no calibration table.
    """
    if contract.stream is None:
        raise NotWindowed(contract.name)
    own = Lake(own_session(spark), lake.root)
    whole = WindowTables(lake, contract)
    with held(lake.root, f"{contract.name}.windows", "stream"):
        if not _silver_is_there(own, contract, once, stopping):
            return
        _Following(own, contract, checkpoint, whole).run(once, stopping, trigger)


def rebuild_windows(lake: Lake, contract: Contract, checkpoint: str, reason: str = "it was asked for") -> None:
    """Make a dataset's window tables again from silver, as after a change of its calibration table.

    A stream of the dataset must be stopped; the next one goes on where this ends.

    Args:
        lake: with the dataset's silver.
        contract: with `stream`.
        checkpoint: as for `stream_windows`.
        reason: for the log.

    Raises:
        NotWindowed: the contract has no `stream`.
        NoSuchTable: there is no silver, or no calibration table.
    """
    if contract.stream is None:
        raise NotWindowed(contract.name)
    with held(lake.root, f"{contract.name}.windows", "rebuild"):
        tables = WindowTables(lake, contract)
        old = tables.marks()
        lake.read(tables.silver)
        tables.rebuild(reason)
        _forget(lake, checkpoint, old)


def _silver_is_there(lake: Lake, contract: Contract, once: bool, stopping: Event) -> bool:
    while not lake.exists(f"silver.{contract.name}"):
        if once or stopping.wait(LOOK_FOR_SILVER_EVERY):
            return False
    return True


def _forget(lake: Lake, folder: str, marks: Mapping[str, BatchMark | None]) -> None:
    """Remove the checkpoints of epochs that are over."""
    for epoch in {mark.epoch for mark in marks.values() if mark is not None}:
        Checkpoint(lake.spark, folder, epoch).forget()


@dataclass
class _Seen:
    """What the batches told: the greatest event time (UTC), and rows by file of silver."""

    watermark: datetime | None = None
    rows: int = 0
    files: int = 0


class _Following:
    """One run of the query; `whole` makes tables anew, with the settings of a batch job."""

    def __init__(self, lake: Lake, contract: Contract, folder: str, whole: WindowTables) -> None:
        self._lake, self._contract, self._folder, self._whole = lake, contract, folder, whole
        self._stream = stream_of(contract)
        self._tables = WindowTables(lake, contract)
        self._progress = Progress(lake, contract.name, QUERY)
        self._upkeep = Upkeep(lake, contract, self._tables.names.values())
        self._seen = _Seen()

    def run(self, once: bool, stopping: Event, trigger: str) -> None:
        self._done = self._tables.marks()
        why = disagreement(self._lake.spark, self._folder, self._done, self._tables.recipe)
        if why:
            self._start_anew(why)
        self._epoch = next(mark for mark in self._done.values() if mark)
        self._seen.watermark = self._tables.newest_reading()
        self._upkeep.look_after(self._seen.watermark)
        try:
            while not self._ended(once, stopping, trigger):
                structlog.get_logger().info(
                    "started_again", dataset=self._contract.name, reason="silver has new columns"
                )
        finally:
            self._progress.flush()

    def _ended(self, once: bool, stopping: Event, trigger: str) -> bool:
        """Whether the query came to its end; not where silver's columns have changed, which a new one can read."""
        try:
            take_batches(
                self._rows(),
                self._add,
                checkpoint=Checkpoint(self._lake.spark, self._folder, self._epoch.epoch).path,
                name=f"{self._contract.name} {QUERY}",
                every=trigger,
                once=once,
                stopping=stopping,
                tick=self._tick,
            )
        except StreamingQueryException as error:
            if SCHEMA_CHANGED not in str(error):
                raise
            return False
        return True

    def _start_anew(self, why: str) -> None:
        old = self._done
        mark = self._whole.rebuild(why) if any(old.values()) else self._whole.begin(why)
        _forget(self._lake, self._folder, old)
        self._done = dict.fromkeys(old, mark)

    def _rows(self) -> DataFrame:
        reader = self._lake.spark.readStream.format("delta").option("skipChangeCommits", "true")
        reader = reader.option("maxFilesPerTrigger", FILES_PER_BATCH).option("maxBytesPerTrigger", BYTES_PER_BATCH)
        # Only a query without a checkpoint begins there; of an epoch that began without windows, at the beginning.
        start = self._epoch.about.get("next")
        if start is not None:
            reader = reader.option("startingVersion", start)
        return reader.load(self._lake.table(self._tables.silver))

    def _add(self, batch: DataFrame, number: int) -> None:
        began = monotonic()
        mark = self._mark(number)
        self._tables.add(batch, mark, self._done)
        self._done = dict.fromkeys(self._done, mark)
        self._tell(batch, began)
        self._upkeep.after(number, self._seen.watermark)

    def _mark(self, number: int) -> BatchMark:
        """The batch's mark: with the calibration of its first try, where some tables have it, else of this moment."""
        begun = [mark for mark in self._done.values() if mark and mark.batch == number]
        if begun:
            return begun[0]
        known = max(filter(None, self._done.values()), key=lambda mark: mark.batch)
        version = self._tables.calibration_version()
        if version != known.about.get("calibration"):
            structlog.get_logger().warning(
                "calibration_changed",
                dataset=self._contract.name,
                before=known.about.get("calibration"),
                now=version,
                means="windows touched from now on use the new version; rebuild_windows makes all equal",
            )
        return replace(self._epoch, batch=number, about={**self._epoch.about, "calibration": version})

    def _tell(self, batch: DataFrame, began: float) -> None:
        at = F.col(str(self._contract.event_time))
        told = batch.agg(
            F.count(F.lit(1)).alias("rows"),
            F.count_if(is_late(at, self._seen.watermark, self._stream)).alias("late"),
            F.max(F.when(F.unix_micros(at).between(*CALENDAR), F.unix_micros(at))).alias("newest"),
            F.percentile_approx(F.unix_micros("_loaded_at"), DELAY_QUANTILES).alias("loaded"),
        ).collect()[0]  # one row
        delays = [time() - micros / 1e6 for micros in told["loaded"] or ()]
        self._progress.batch(told["rows"], monotonic() - began, late=told["late"], delays=delays)
        if told["newest"] is not None:
            newest = datetime.fromtimestamp(told["newest"] / 1e6, UTC)
            self._seen.watermark = max(newest, self._seen.watermark or newest)
        self._seen.rows += told["rows"]
        self._seen.files += len(batch.inputFiles())

    def _tick(self, query: StreamingQuery) -> None:
        last = query.lastProgress
        waiting = (((last or {}).get("sources") or [{}])[0].get("metrics") or {}).get("numFilesOutstanding", 0)
        # Delta tells how many files wait; how many rows those have is taken from the files before.
        self._progress.behind(round(float(waiting) * self._seen.rows / max(self._seen.files, 1)))
        self._progress.tick()
