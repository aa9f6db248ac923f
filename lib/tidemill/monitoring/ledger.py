"""The runs as the ledger tells them, read without a JVM; of many runs the plans stay unread."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from tidemill.config import Config
from tidemill.errors import RequestWrong, suggestion
from tidemill.lake.ledger import CHECKS, EVENTS
from tidemill.lake.run import COUNTS, Counts
from tidemill.lake.stored import StoredTable, opened

State = Literal["committed", "failed", "unfinished"]
RUN_ID = re.compile(r"^[0-9]{8}T[0-9]{6}-[0-9a-f]{8}$")
ROWS = tuple(f"rows_{count}" for count in COUNTS)
COLUMNS = (
    *("run_id", "job", "dataset", "event", "at", "contract_version", *ROWS),
    *("bytes_read", "table_versions", "error", "version"),
)


class UnknownRun(RequestWrong):
    """No run has this id."""

    def __init__(self, run_id: str, known: Sequence[str]) -> None:
        hint = suggestion(run_id, known[:5]) if known else "There are no runs yet."
        super().__init__(f"there is no run '{run_id}'. {hint} See tidemill runs.")


@dataclass(frozen=True)
class RunRecord:
    """One run, from its first plan to the last that is known of it.

    Attributes:
        run_id, job, dataset: as in the ledger.
        state: committed; failed; or unfinished, which is under way, or killed.
        started_at: its first plan, UTC.
        ended_at: its commit or failure, UTC; None while unfinished.
        duration: from the plan that it was carried out under to its end; None while unfinished.
        counts: what became of its records; None where it did not commit.
        contract_version, bytes_read, table_versions, error, version: as in the ledger; version is tidemill's.
    """

    run_id: str
    job: str
    dataset: str
    state: State
    started_at: datetime
    ended_at: datetime | None
    duration: timedelta | None
    counts: Counts | None
    contract_version: int | None
    bytes_read: int | None
    table_versions: Mapping[str, int]
    error: str | None
    version: str

    @property
    def pass_rate(self) -> float | None:
        """The share of its records that was not refused; None where it read none."""
        if self.counts is None or not self.counts.read:
            return None
        return 1 - self.counts.quarantined / self.counts.read

    def as_json(self) -> dict[str, Any]:
        """What a program reads: times in ISO 8601, durations in seconds."""
        counts = self.counts.named() if self.counts else dict.fromkeys(ROWS)
        return {
            **{name: getattr(self, name) for name in ("run_id", "job", "dataset", "state")},
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "duration_s": self.duration.total_seconds() if self.duration is not None else None,
            **counts,
            "pass_rate": self.pass_rate,
            **{name: getattr(self, name) for name in ("contract_version", "bytes_read")},
            "table_versions": dict(self.table_versions),
            **{name: getattr(self, name) for name in ("error", "version")},
        }


@dataclass(frozen=True)
class Delivery:
    """What a committed run told of its delivery.

    Attributes:
        notes: how it differs from the contract and from the one before.
        cleansed: how many values each cleansing step changed.
    """

    notes: Sequence[str] = ()
    cleansed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckResult:
    """How many rows of a run failed one check; 1 for a failed check on the whole delivery."""

    check: str
    rows_checked: int
    rows_failed: int


def recent_runs(config: Config, last: int, dataset: str | None = None, job: str | None = None) -> list[RunRecord]:
    """The newest runs, newest first; none where nothing ran yet.

    Args:
        config: says where the lake is.
        last: how many at most.
        dataset: of this dataset, gold table or model alone.
        job: of this job alone.
    """
    table = opened(config, EVENTS)
    if table is None:
        return []
    named = {"dataset": dataset, "job": job}
    bounds: dict[str, tuple[Any, Any]] = {name: (value, value) for name, value in named.items() if value is not None}
    oldest = _oldest(table, last, bounds)
    if oldest is not None:
        bounds["run_id"] = (oldest, None)
    return _records(table.rows(COLUMNS, bounds))[:last]


def delivery_of(config: Config, run_id: str) -> Delivery:
    """What a run told of its delivery; nothing where it did not commit."""
    table = opened(config, EVENTS)
    columns = ("event", "plan", "cleansed")
    rows = table.rows(columns, {"run_id": (run_id, run_id)}) if table else []
    for row in rows:
        if row["event"] == "committed":
            notes = json.loads(row["plan"] or "{}").get("notes", ())
            return Delivery(tuple(notes), dict(row["cleansed"] or ()))
    return Delivery()


def find_run(config: Config, run_id: str) -> RunRecord:
    """The run with this id.

    Raises:
        UnknownRun: there is none.
    """
    table = opened(config, EVENTS) if RUN_ID.match(run_id) else None
    found = _records(table.rows(COLUMNS, {"run_id": (run_id, run_id)})) if table else []
    if not found:
        raise UnknownRun(run_id, [run.run_id for run in recent_runs(config, 50)])
    return found[0]


def last_with_rows(config: Config, runs: Sequence[RunRecord], dataset: str) -> datetime | None:
    """When the last committed run ended that brought rows.

    Args:
        config: says where the lake is.
        runs: the newest of the dataset, which mostly know it; all are asked where these do not.
        dataset: whose runs these are.
    """
    known = [run.ended_at for run in runs if run.ended_at and run.counts and run.counts.read]
    if known:
        return max(known)
    table = opened(config, EVENTS)
    if table is None:
        return None
    bounds = {"dataset": (dataset, dataset), "event": ("committed", "committed"), "rows_read": (1, None)}
    return max((row["at"] for row in table.rows(["at"], bounds)), default=None)


def checks_of(config: Config, run_id: str) -> list[CheckResult]:
    """What a run's checks found, in the contract's order; none for a run that did not commit."""
    table = opened(config, CHECKS)
    if table is None:
        return []
    rows = table.rows(["check", "rows_checked", "rows_failed"], {"run_id": (run_id, run_id)})
    return [CheckResult(**row) for row in rows]


def ran(config: Config) -> list[str]:
    """The names of everything that runs were about, as far as the ledger's statistics tell."""
    table = opened(config, EVENTS)
    spans = table.spans("dataset") if table else []
    return sorted({name for span in spans for name in span["dataset"] if name is not None})


def _oldest(table: StoredTable, last: int, bounds: Mapping[str, tuple[Any, Any]]) -> str | None:
    """The id behind which enough newer runs are certain, by statistics; ids begin with the time of the plan."""
    certain = {
        span["run_id"][1]
        for span in table.spans("run_id", *bounds)
        if all(span[name] == wanted for name, wanted in bounds.items())
    }
    newest = sorted((run_id for run_id in certain if run_id), reverse=True)
    return newest[last - 1] if len(newest) >= last else None


def _records(events: Iterable[Mapping[str, Any]]) -> list[RunRecord]:
    by_run: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for event in events:
        by_run[event["run_id"]].append(event)
    return [_record(by_run[run_id]) for run_id in sorted(by_run, reverse=True)]


def _record(events: list[Mapping[str, Any]]) -> RunRecord:
    last = max(events, key=lambda event: (event["event"] == "committed", event["at"]))
    state: State = {"committed": "committed", "failed": "failed"}.get(last["event"], "unfinished")  # type: ignore[assignment]
    planned = [event["at"] for event in events if event["event"] == "planned" and event["at"] <= last["at"]]
    ended_at = None if state == "unfinished" else last["at"]
    return RunRecord(
        **{name: last[name] for name in ("run_id", "job", "dataset", "contract_version", "bytes_read", "version")},
        state=state,
        started_at=min(event["at"] for event in events),
        ended_at=ended_at,
        duration=ended_at - max(planned, default=ended_at) if ended_at else None,
        counts=Counts(**{count: last[f"rows_{count}"] or 0 for count in COUNTS}) if state == "committed" else None,
        table_versions=dict(last["table_versions"] or ()),
        error=last["error"],
    )
