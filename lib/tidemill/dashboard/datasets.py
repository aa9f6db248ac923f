"""Every dataset in one line: its last run, what became of its records, how fresh it is; and the tables' sizes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidemill.alerts import Alert
from tidemill.contract import Contract
from tidemill.dashboard.board import Board
from tidemill.dashboard.progress import Point, progress
from tidemill.lake.ledger import CHECKS, EVENTS
from tidemill.lake.listing import TableSize, size_of
from tidemill.lake.stored import TableNotReadable
from tidemill.monitoring import CheckResult, RunRecord, alerts_now, checks_of, recent_runs

# Among so many runs those of most datasets are; a stream is one a minute.
RECENT = 300
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class DatasetLine:
    """What the overview tells of a dataset.

    Attributes:
        contract: of the dataset.
        run: the newest one; None where it never ran.
        rate: rows a second: of a stream over its last minutes, of a batch within its last committed run.
        read, accepted, quarantined, late: records: of a stream in the last hour, of a batch in its last committed run.
        fresh: of sensors the newest reading's time, of others when rows came last, UTC.
        open_alerts: how many are open.
        due: what people must be told of its runs.
    """

    contract: Contract
    run: RunRecord | None
    rate: float | None
    read: int | None
    accepted: int | None
    quarantined: int | None
    late: int | None
    fresh: datetime | None
    open_alerts: int
    due: Sequence[Alert]


def dataset_lines(board: Board) -> list[DatasetLine]:
    """All datasets whose contracts can be read, by name."""
    now = board.now()
    runs = runs_by_dataset(board)
    hour = progress(board.tables, now, HOUR)
    open_alerts = [alert.dataset for alert in board.alerts() if alert.is_open]
    return [
        _line(board, contract, runs.get(contract.name, []), hour.get((contract.name, "readings"), []), open_alerts, now)
        for contract in board.contracts()[0]
    ]


def runs_by_dataset(board: Board) -> dict[str, list[RunRecord]]:
    """Dataset -> its newest runs, newest first; at least one of each that ever ran."""

    def made() -> dict[str, list[RunRecord]]:
        found: dict[str, list[RunRecord]] = {}
        for run in recent_runs(board.config, RECENT):
            found.setdefault(run.dataset, []).append(run)
        for dataset in board.datasets:
            if dataset not in found and (older := recent_runs(board.config, 1, dataset)):
                found[dataset] = older
        return found

    return board.tables.remembered(("runs", tuple(board.datasets)), [EVENTS], made)


def runs_of(board: Board, dataset: str | None, last: int) -> list[RunRecord]:
    """The newest runs, of one dataset or of all."""
    key = ("runs of", dataset, last)
    return board.tables.remembered(key, [EVENTS], lambda: recent_runs(board.config, last, dataset))


def checks_of_run(board: Board, run_id: str) -> list[CheckResult]:
    """How many rows of a run failed each check."""
    return board.tables.remembered(("checks", run_id), [CHECKS], lambda: checks_of(board.config, run_id))


def table_sizes(board: Board) -> tuple[list[TableSize], list[TableNotReadable]]:
    """The tables of the lake, the largest first, and what is wrong with those that cannot be read."""
    sizes: list[TableSize] = []
    wrong: list[TableNotReadable] = []
    for name in board.tables.names():
        try:
            size = _size(board, name)
        except TableNotReadable as error:
            wrong.append(error)
        else:
            sizes += [size] if size else []
    return sorted(sizes, key=lambda size: -size.bytes), wrong


def _size(board: Board, name: str) -> TableSize | None:
    table = board.tables.table(name)
    return None if table is None else board.tables.remembered(("size", name), [name], lambda: size_of(name, table))


def _line(
    board: Board,
    contract: Contract,
    runs: Sequence[RunRecord],
    hour: Sequence[Point],
    open_alerts: Sequence[str],
    now: datetime,
) -> DatasetLine:
    committed = next((run for run in runs if run.counts is not None), None)
    counts = committed.counts if committed else None
    fresh = next((run.ended_at for run in runs if run.counts and run.counts.read), None)
    read, accepted, quarantined, late, rate = None, None, None, None, None
    if counts is not None and committed is not None:
        read, accepted, quarantined, late = counts.read, counts.accepted, counts.quarantined, counts.late
        seconds = committed.duration.total_seconds() if committed.duration else 0
        rate = counts.read / seconds if seconds else None
    if contract.mode == "stream" and hour:
        read, late = sum(point.rows for point in hour), sum(point.late for point in hour)
        quarantined = sum(point.quarantined for point in hour)
        known = [run.counts for run in runs if run.counts and run.ended_at and now - run.ended_at < HOUR]
        accepted = read - quarantined - sum(each.duplicate + each.unchanged + each.stale for each in known)
        rate = hour[-1].rate if now - hour[-1].at < timedelta(minutes=3) else 0.0
    if contract.stream is not None:
        newest = board.live(contract).newest(now)
        fresh = max((reading.at for reading in newest.values()), default=fresh)
    due = board.tables.remembered(
        ("due", contract.name, now.replace(second=0, microsecond=0)),
        [EVENTS],
        lambda: alerts_now(board.config, contract, now),
    )
    alerts = open_alerts.count(contract.name)
    return DatasetLine(contract, runs[0] if runs else None, rate, read, accepted, quarantined, late, fresh, alerts, due)
