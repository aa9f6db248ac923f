"""The ledger: every run's plan, end and figures in ops.run_events, so that a killed run can be finished."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidemill import __version__
from tidemill.lake.commits import Mark
from tidemill.lake.tables import Lake

EVENTS = "ops.run_events"
CHECKS = "ops.checks"
COUNTS = ("read", "accepted", "quarantined", "duplicate", "unchanged", "stale", "late")
EVENTS_SCHEMA = (
    "run_id string, job string, dataset string, event string, at timestamp, contract_version int, "
    + ", ".join(f"rows_{count} bigint" for count in COUNTS)
    + ", bytes_read bigint, table_versions map<string,bigint>, error string, version string, "
    "sequence bigint, store string, plan string"
)
CHECKS_SCHEMA = "run_id string, dataset string, `check` string, rows_checked bigint, rows_failed bigint"


@dataclass(frozen=True)
class Counts:
    """What became of the delivered records; `read` is the sum of the others but `late`."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0
    unchanged: int = 0
    stale: int = 0
    late: int = 0

    @property
    def balance(self) -> bool:
        """Whether every record read is accounted for."""
        return self.read == self.accepted + self.quarantined + self.duplicate + self.unchanged + self.stale

    def named(self) -> dict[str, int]:
        """The figures under their names in the ledger."""
        return {f"rows_{name}": value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Run:
    """A planned run.

    Attributes:
        id: unique; its first part is the time of the plan.
        job: the entry point, such as ingest.
        dataset: what the run is about: a dataset, a gold table, a model.
        sequence: rises by one with each run of this job and dataset.
        store: see `Mark`.
        plan: what the run needs in order to be finished by another: source range, contract, versions it starts from.
        event: the last event recorded: planned, failed or committed.
    """

    id: str
    job: str
    dataset: str
    sequence: int
    store: str
    plan: Mapping[str, Any]
    event: str = "planned"
    contract_version: int | None = None

    @property
    def mark(self) -> Mark:
        """The mark that its commits carry."""
        return Mark(self.id, self.store, self.sequence)


@dataclass
class RecordedRun:
    """A run in progress, to which its job adds what it did."""

    run: Run
    counts: Counts = field(default_factory=Counts)
    table_versions: dict[str, int] = field(default_factory=dict)
    bytes_read: int = 0

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id

    @property
    def mark(self) -> Mark:
        """The mark for the run's commits."""
        return self.run.mark

    def result(self) -> dict[str, Any]:
        """What a job reports of this run."""
        return {"run_id": self.id, **self.counts.named(), "table_versions": self.table_versions}


class Ledger:
    """ops.run_events and ops.checks of one lake."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def last(self, job: str, dataset: str) -> Run | None:
        """The run with the highest number, with the last thing recorded of it."""
        events = self._events(job, dataset)
        if events is None:
            return None
        newest = F.max_by(F.struct("*"), F.struct("sequence", F.col("event") == "committed", "at")).alias("newest")
        found = events.agg(newest).first()  # one row
        return None if found is None or found["newest"] is None else _run_of(found["newest"].asDict(recursive=True))

    def committed_plans(self, job: str, dataset: str) -> DataFrame | None:
        """One row a committed run: sequence bigint, plan string (JSON); None where no run was ever recorded."""
        events = self._events(job, dataset)
        return None if events is None else events.where("event = 'committed'").select("sequence", "plan")

    def plan(
        self,
        job: str,
        dataset: str,
        plan: Mapping[str, Any],
        after: Run | None,
        contract_version: int | None = None,
        again: bool = True,
    ) -> Run:
        """Record a plan.

        Args:
            job: the entry point.
            dataset: what the run is about.
            plan: what the run needs in order to be finished by another.
            after: the last run of this job and dataset.
            contract_version: of a dataset's run.
            again: a last run that did not end goes on under its own id and number; else a new run is begun.
        """
        goes_on = again and after is not None and after.event != "committed"
        run = Run(
            id=after.id if after and goes_on else f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}",
            job=job,
            dataset=dataset,
            sequence=(after.sequence + (0 if goes_on else 1)) if after else 1,
            store=after.store if after else uuid4().hex,
            plan=plan,
            contract_version=contract_version,
        )
        self._record(run, "planned")
        return run

    def commit(self, recorded: RecordedRun) -> None:
        """Record that a run's tables are all written: a run's last commit, told once however often it is tried."""
        self._record(recorded.run, "committed", recorded)

    def fail(self, run: Run, error: BaseException) -> None:
        """Record why a run ended early; it can still be finished."""
        self._record(run, "failed", error=" ".join(str(error).split())[:1000])

    def checks(self, run: Run, rows_checked: int, failed: Mapping[str, int]) -> None:
        """Record how many rows failed each check."""
        rows = [(run.id, run.dataset, check, rows_checked, count) for check, count in failed.items()]
        self._append(CHECKS, self.lake.spark.createDataFrame(rows, CHECKS_SCHEMA), run)

    def _events(self, job: str, dataset: str) -> DataFrame | None:
        if not self.lake.exists(EVENTS):
            return None
        return self.lake.read(EVENTS).where((F.col("job") == job) & (F.col("dataset") == dataset))

    def _record(self, run: Run, event: str, recorded: RecordedRun | None = None, error: str | None = None) -> None:
        counts = [getattr(recorded.counts, name) if recorded else None for name in COUNTS]
        row = (
            *(run.id, run.job, run.dataset, event, datetime.now(UTC), run.contract_version),
            *counts,
            *((recorded.bytes_read, dict(recorded.table_versions)) if recorded else (None, None)),
            *(error, __version__, run.sequence, run.store, json.dumps(run.plan)),
        )
        frame = self.lake.spark.createDataFrame([row], EVENTS_SCHEMA)
        # Each attempt has a plan and perhaps a failure of its own; only a run's end must not be told twice.
        self._append(EVENTS, frame, run if event == "committed" else None)

    def _append(self, table: str, frame: DataFrame, once_for: Run | None) -> None:
        mark = None
        if once_for:
            # These tables are everybody's, so the runs of each job and dataset are numbered apart.
            store = f"{once_for.job}:{once_for.dataset}:{once_for.store}"
            mark = Mark(once_for.id, store, once_for.sequence)
        self.lake.append(table, frame.coalesce(1), mark)


@contextmanager
def recorded_run(
    lake: Lake, job: str, dataset: str, plan: Mapping[str, Any] | None = None, contract_version: int | None = None
) -> Iterator[RecordedRun]:
    """A run whose plan is recorded before the block and whose end after it.

    A run of the same job, dataset and plan that was killed is taken up under its own id.
    """
    ledger = Ledger(lake)
    last = ledger.last(job, dataset)
    run = ledger.plan(job, dataset, plan or {}, last, contract_version, again=has_plan(last, plan or {}))
    with finishing(ledger, run) as recorded:
        yield recorded


def has_plan(run: Run | None, plan: Mapping[str, Any]) -> bool:
    """Whether a run was to do just this: a commit of its own then has what is wanted now."""
    return run is not None and run.plan == json.loads(json.dumps(plan))


@contextmanager
def finishing(ledger: Ledger, run: Run) -> Iterator[RecordedRun]:
    """Carry a planned run to its end: recorded as committed after the block, or as failed where it raises."""
    recorded = RecordedRun(run)
    with structlog.contextvars.bound_contextvars(run_id=run.id, job=run.job, dataset=run.dataset):
        try:
            yield recorded
        except Exception as error:
            _fail(ledger, run, error)
            raise
        ledger.commit(recorded)


def _fail(ledger: Ledger, run: Run, error: Exception) -> None:
    try:
        ledger.fail(run, error)
    except Exception as unrecorded:  # a full disk, say: the first error is the one to tell
        structlog.get_logger().info("failure_not_recorded", error=str(unrecorded)[:300])


def runs(lake: Lake) -> DataFrame:
    """One row a run: its newest event's columns, and started_at; the plan left out."""
    events = lake.read(EVENTS)
    by_run = Window.partitionBy("run_id")
    order = by_run.orderBy((F.col("event") == "committed").desc(), F.desc("at"))
    return (
        events.withColumn("started_at", F.min("at").over(by_run))
        .withColumn("_newest", F.row_number().over(order) == 1)
        .where("_newest")
        .drop("_newest", "plan", "store")
    )


def _run_of(event: Mapping[str, Any]) -> Run:
    return Run(
        id=event["run_id"],
        job=event["job"],
        dataset=event["dataset"],
        sequence=event["sequence"],
        store=event["store"],
        plan=json.loads(event["plan"]),
        event=event["event"],
        contract_version=event["contract_version"],
    )
