"""The ledger: every run's plan, end and figures in ops.run_events, so that a killed run can be finished."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidemill import __version__
from tidemill.lake.commits import Mark
from tidemill.lake.newest import ENDED, newest
from tidemill.lake.run import COLUMNS, COUNTS, RecordedRun, Run, run_of
from tidemill.lake.tables import Lake

EVENTS = "ops.run_events"
CHECKS = "ops.checks"
EVENTS_SCHEMA = (
    "run_id string, job string, dataset string, event string, at timestamp, contract_version int, "
    + ", ".join(f"rows_{count} bigint" for count in COUNTS)
    + ", bytes_read bigint, table_versions map<string,bigint>, error string, version string, "
    "sequence bigint, store string, plan string, range string, cleansed map<string,bigint>"
)
# The jobs that take from a dataset's source, and those that write its silver.
TAKING = ("ingest", "stream")
WRITING = (*TAKING, "rebuild", "replay_quarantine")
# Each run adds small files; this many of a dataset are then made one.
COMPACTED_EVERY = 50
CHECKS_SCHEMA = "run_id string, dataset string, `check` string, rows_checked bigint, rows_failed bigint"


class Ledger:
    """ops.run_events and ops.checks of one lake."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def last(self, job: str, dataset: str, committed: bool = False) -> Run | None:
        """The run with the highest number, with the last thing recorded of it; of the committed ones where so asked."""
        having = {"job": [job], "dataset": [dataset]} | ({"event": ["committed"]} if committed else {})
        # Ranges may be long, and few are needed.
        found = newest(self.lake, EVENTS, COLUMNS, ("sequence", ENDED, "at"), having)
        return None if found is None else run_of(found)

    def range_of(self, run: Run) -> Mapping[str, Any]:
        """What a run that has not ended was to take of its source, as it was planned last."""
        having = {"job": [run.job], "dataset": [run.dataset], "run_id": [run.id], "event": ["planned"]}
        found = newest(self.lake, EVENTS, ("range",), ("at",), having)
        return json.loads(found["range"]) if found and found["range"] else {}

    def committed(self, dataset: str) -> DataFrame | None:
        """One row a committed run that took something of a dataset's source: run_id, at, plan (JSON)."""
        if not self.lake.exists(EVENTS):
            return None
        events = self.lake.read(EVENTS).where((F.col("dataset") == dataset) & F.col("job").isin(*TAKING))
        return events.where("event = 'committed'").select("run_id", "at", "plan")

    def contract(self, dataset: str) -> Mapping[str, Any] | None:
        """The contract (JSON) under which a dataset's silver was written last."""
        having = {"dataset": [dataset], "job": WRITING, "event": ["committed"]}
        found = newest(self.lake, EVENTS, ("plan",), ("at",), having)
        contract: Mapping[str, Any] | None = json.loads(found["plan"]).get("contract") if found else None
        return contract

    def plan(
        self,
        job: str,
        dataset: str,
        plan: Mapping[str, Any],
        after: Run | None,
        contract_version: int | None = None,
        again: bool = True,
        range: Mapping[str, Any] | None = None,
    ) -> Run:
        """Record a plan.

        Args:
            job: the entry point.
            dataset: what the run is about.
            plan: what the run needs in order to be finished by another.
            after: the last run of this job and dataset.
            contract_version: of a dataset's run.
            again: a last run that did not end goes on under its own id and number; else a new run is begun.
            range: what it takes of its source; kept until the run ends.
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
            range=range,
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
        self._append(CHECKS, rows, CHECKS_SCHEMA, run)

    def _record(self, run: Run, event: str, recorded: RecordedRun | None = None, error: str | None = None) -> None:
        plan = {**run.plan, "notes": list(recorded.notes)} if recorded and recorded.notes else run.plan
        counts = [getattr(recorded.counts, name) if recorded else None for name in COUNTS]
        row = (
            *(run.id, run.job, run.dataset, event, datetime.now(UTC), run.contract_version),
            *counts,
            *((recorded.bytes_read, dict(recorded.table_versions)) if recorded else (None, None)),
            *(error, __version__, run.sequence, run.store, json.dumps(plan)),
            json.dumps(run.range) if event == "planned" and run.range is not None else None,
            dict(recorded.cleansed) if recorded else None,
        )
        # Each attempt has a plan and perhaps a failure of its own; only a run's end must not be told twice.
        self._append(EVENTS, [row], EVENTS_SCHEMA, run if event == "committed" else None)
        if event == "committed" and run.sequence % COMPACTED_EVERY == 0:
            for table in filter(self.lake.exists, (EVENTS, CHECKS)):
                self.lake.compact(table)

    def _append(self, table: str, rows: Sequence[Sequence[Any]], schema: str, once_for: Run | None) -> None:
        mark = None
        if once_for:
            # These tables are everybody's, so the runs of each job and dataset are numbered apart.
            store = f"{once_for.job}:{once_for.dataset}:{once_for.store}"
            mark = Mark(once_for.id, store, once_for.sequence)
        self.lake.record(table, rows, schema, mark)


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
        .drop("_newest", "plan", "store", "range")
    )
