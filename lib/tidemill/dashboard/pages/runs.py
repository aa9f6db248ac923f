"""Runs and quarantine of every dataset."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from tidemill.contract import Contract
from tidemill.dashboard.board import Board
from tidemill.dashboard.datasets import runs_by_dataset, runs_of
from tidemill.dashboard.pages.overview import RUN_TONES
from tidemill.dashboard.parts import Cell, Page, Part, Query, address, badge, choices, heading, note, table
from tidemill.dashboard.words import NOTHING, ago, clock, count, length
from tidemill.lake.ledger import CHECKS
from tidemill.lake.stored import opened
from tidemill.monitoring import QuarantinedRow, RunRecord, newest_rows

RUNS = 50
EXAMPLES = 10
# A value from a delivery may be of any length.
LONGEST = 200
COLUMNS = ("run", "dataset", "job", "state", "started", "took", "read", "accepted", "quarantined", "late", "passed")


def runs_page(board: Board, query: Query) -> Page:
    """The newest runs, and of one dataset what its checks refused."""
    known = sorted({*board.datasets, *runs_by_dataset(board)})
    chosen = query.get("dataset", known)
    names = [("all", "/runs", chosen is None)]
    names += [(name, address("/runs", dataset=name), name == chosen) for name in known]
    found = runs_of(board, chosen, RUNS)
    blocks = [
        Part("runs-datasets", choices("Dataset", names)),
        Part("runs-runs", _runs(board, found, chosen)),
        Part("runs-quarantine", [heading("Quarantine"), _quarantine(board, chosen, found)]),
    ]
    return Page("Runs and quarantine", blocks)


def _runs(board: Board, found: Sequence[RunRecord], chosen: str | None) -> Component:
    if not found:
        job = "stream.py" if chosen and _mode(board, chosen) == "stream" else "ingest.py"
        return note(f"No run yet: spark-submit jobs/{job} --dataset {chosen or 'NAME'}")
    now = board.now()
    rows = [_row(run, now) for run in found]
    errors = [
        note([badge(run.dataset, "bad"), f" {run.run_id}: {run.error}"], "bad")
        for run in found
        if run.state == "failed" and run.error
    ][:3]
    return html.Div([*errors, table(COLUMNS, rows, "Runs")])


def _mode(board: Board, dataset: str) -> str:
    return next((contract.mode for contract in board.contracts()[0] if contract.name == dataset), "batch")


def _row(run: RunRecord, now: datetime) -> list[Cell | str | None]:
    counts = run.counts
    many = [(counts.read, counts.accepted, counts.quarantined, counts.late) if counts else (None,) * 4][0]
    tones = ("plain", "plain", "warn" if many[2] else "plain", "warn" if many[3] else "plain")
    return [
        Cell(run.run_id, hint=run.version),
        run.dataset,
        run.job,
        Cell(badge(run.state, RUN_TONES[run.state]), hint=run.error or ""),
        Cell(ago(run.started_at, now), hint=f"{clock(run.started_at)} UTC"),
        length(run.duration) if run.duration is not None else NOTHING,
        *(
            Cell(NOTHING if one is None else f"{one:,}", tone, number=True)  # type: ignore[arg-type]
            for one, tone in zip(many, tones, strict=True)
        ),
        Cell(NOTHING if run.pass_rate is None else f"{run.pass_rate:.2%}", number=True),
    ]


def _quarantine(board: Board, chosen: str | None, found: Sequence[RunRecord]) -> Component:
    if chosen is None:
        return note("Choose a dataset to see what its checks refused, and why.")
    contract = next((one for one in board.contracts()[0] if one.name == chosen), None)
    if contract is None or not found:
        return note("Nothing: no run of a contract has refused anything.")
    checks = _failed(board, contract, found)
    examples = board.tables.remembered(
        ("examples", chosen), [f"quarantine.{chosen}"], lambda: newest_rows(board.config, contract, EXAMPLES)
    )
    if not checks and not examples:
        return note(f"Nothing was refused in the last {count(len(found), 'run')}.", "good")
    rows: list[list[Cell | str | None]] = [[name, Cell(f"{many:,}", number=True)] for name, many in checks]
    told = f"Rows that failed each check, in the last {count(len(found), 'run')}."
    counted = [html.P(told, className="soft"), table(("check", "rows"), rows, "Checks")] if rows else []
    shown = [html.Li(_example(row, board.now())) for row in examples]
    head = [html.H3("The newest"), html.P(_masked(contract), className="soft")] if shown else []
    replay = note(f"Mended the cause? spark-submit jobs/replay_quarantine.py --dataset {chosen}")
    return html.Div([*counted, *head, html.Ul(shown, className="examples"), replay])


def _failed(board: Board, contract: Contract, found: Sequence[RunRecord]) -> list[tuple[str, int]]:
    """How many rows failed each check in the runs, which ops.checks tells without reading the quarantine."""
    runs = {run.run_id for run in found}
    oldest = min(runs)

    def made() -> list[tuple[str, int]]:
        many: Counter[str] = Counter()
        ledger = opened(board.config, CHECKS)
        bounds = {"run_id": (oldest, None), "dataset": (contract.name, contract.name)}
        for row in ledger.rows(["run_id", "check", "rows_failed"], bounds) if ledger else []:
            if row["run_id"] in runs and row["rows_failed"]:
                many[row["check"]] += row["rows_failed"]
        return many.most_common()

    return board.tables.remembered(("failed", contract.name, oldest, max(runs)), [CHECKS], made)


def _masked(contract: Contract) -> str:
    personal = "Personal values are masked. " if contract.personal else ""
    return f"{personal}Each with the place where it stands in what was delivered."


def _example(row: QuarantinedRow, now: datetime) -> list[Component | str]:
    reasons = [html.Div([badge(one["check"], "warn"), " ", _cut(one["message"] or "")]) for one in row.failures]
    where = f"{row.source.rpartition('/')[2]}, record {row.position}, {ago(row.quarantined_at, now)}"
    replayed = ", replayed since" if row.replayed_at else ""
    record = _cut(json.dumps(row.record, ensure_ascii=False)) if row.record else ""
    return [*reasons, html.Div(where + replayed, className="soft"), html.Code(record) if record else ""]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
