"""A run's page: what became of its records, what failed and why, and how it compares with the runs before it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tidemill.config import Config
from tidemill.contract import Contract, known_datasets, load_contract
from tidemill.monitoring.ledger import (
    CheckResult,
    Delivery,
    RunRecord,
    checks_of,
    delivery_of,
    find_run,
    recent_runs,
)
from tidemill.monitoring.quarantine import FailedRows, failures_by_check
from tidemill.reports import Block, KeyFigure, KeyFigures, Note, Plot, Section, Table, Tone, figures, page, write_page

TREND = 50
SAMPLES = 3
FEW_TICKS = {"nticks": 7, "tickangle": 0}
OUTCOMES_FIRST = ("read", "accepted", "quarantined")
OUTCOMES = ("accepted", "quarantined", "duplicate", "unchanged", "stale")


def write_run_page(config: Config, run_id: str) -> Path:
    """Write reports/runs/RUN_ID.html.

    Args:
        config: where the lake, the contracts and the reports are.
        run_id: of any job's run.

    Returns:
        The page's path.

    Raises:
        UnknownRun: no run has this id.
        ReportsNotWritable: the page cannot be put into its folder.
    """
    run = find_run(config, run_id)
    contract = load_contract(config, run.dataset) if run.dataset in known_datasets(config) else None
    samples = failures_by_check(config, contract, SAMPLES, run.run_id) if contract else []
    before = recent_runs(config, TREND, run.dataset, run.job)
    composed = run_page(run, checks_of(config, run_id), samples, before, contract, delivery_of(config, run_id))
    return write_page(config.reports, f"runs/{run.run_id}.html", composed)


def run_page(
    run: RunRecord,
    checks: Sequence[CheckResult],
    samples: Sequence[FailedRows],
    recent: Sequence[RunRecord],
    contract: Contract | None = None,
    delivery: Delivery | None = None,
) -> str:
    """Compose the page.

    Args:
        run: the run that it is about.
        checks: what its checks found.
        samples: its quarantined rows by check, masked.
        recent: the newest runs of the same job and dataset, newest first.
        contract: of the dataset, for the limits that it sets.
        delivery: what the run told of what was delivered.
    """
    limit = contract.alerts.pass_rate if contract else None
    sections = [Section("In short", _short(run, limit))]
    if run.counts:
        sections.append(Section("What became of the records", _records(run)))
        sections.append(Section("What failed, by check", _failed(checks, samples)))
    if delivery and (delivery.notes or delivery.cleansed):
        sections.append(Section("What was delivered", _delivered(delivery)))
    committed = [one for one in reversed(recent) if one.counts]
    if committed:
        title = f"The last {len(committed)} committed runs" if len(committed) > 1 else "So far one committed run"
        sections.append(Section(title, _trend(committed, limit)))
    sections.append(Section("The run", _facts(run)))
    return page(
        f"{run.dataset}: run {run.run_id}",
        sections,
        subtitle=f"Job {run.job}, {_ended(run)}",
    )


def _ended(run: RunRecord) -> str:
    started = f"started {run.started_at:%d %B %Y, %H:%M:%S} UTC"
    if run.duration is None:
        return f"{started}; it is under way, or was killed."
    return f"{started}, {run.state} after {_seconds(run)}."


def _seconds(run: RunRecord) -> str:
    if run.duration is None:
        return "\N{EN DASH}"
    seconds = run.duration.total_seconds()
    return f"{seconds:,.1f} s" if seconds < 120 else f"{seconds // 60:,.0f} min {seconds % 60:.0f} s"


def _short(run: RunRecord, limit: float | None) -> list[Block]:
    if run.state == "failed":
        return [Note(f"Failed: {run.error or 'no reason was recorded'}", "bad")]
    if run.counts is None:
        return [Note("Unfinished: it is under way, or was killed; the job, run again, finishes it.")]
    numbers = [KeyFigure(f"{getattr(run.counts, name):,}", f"records {name}") for name in OUTCOMES_FIRST]
    if run.pass_rate is not None:
        told, tone = _judged(run.pass_rate, limit)
        numbers.append(KeyFigure(f"{run.pass_rate:.2%}", told, tone))
    numbers.append(KeyFigure(_seconds(run), "took"))
    return [Note("Committed: each of its tables was written in one commit.", "good"), KeyFigures(numbers)]


def _judged(rate: float, limit: float | None) -> tuple[str, Tone]:
    if limit is None:
        return "pass rate", "plain"
    return f"pass rate; at least {limit:.2%} is wanted", "good" if rate >= limit else "bad"


def _records(run: RunRecord) -> list[Block]:
    assert run.counts is not None  # noqa: S101
    counts = asdict(run.counts)
    total = f"{counts['read']:,} records read"
    verdict = (
        Note(f"The books balance: {total} are the sum of what follows.", "good")
        if run.counts.balance
        else Note(f"The books do not balance: {total} are not the sum of what follows.", "bad")
    )
    rows = [
        [name, counts[name], f"{counts[name] / counts['read']:.2%}" if counts["read"] else None] for name in OUTCOMES
    ]
    split = {name: {run.dataset: float(counts[name])} for name in OUTCOMES if counts[name]}
    plot = [Plot(figures.stacked_bars(split, "records"), "Every record read, by what became of it.")] if split else []
    late = [Note(f"{counts['late']:,} of the accepted came after their window had closed.")] if counts["late"] else []
    return [verdict, *plot, Table(["outcome", "records", "share"], rows), *late]


def _failed(checks: Sequence[CheckResult], samples: Sequence[FailedRows]) -> list[Block]:
    failed = sorted((check for check in checks if check.rows_failed), key=lambda check: -check.rows_failed)
    if not failed:
        return [
            Note(f"Nothing: each of {len(checks)} checks held for every row." if checks else "This job has no checks.")
        ]
    bars = {"rows": {check.check: float(check.rows_failed) for check in failed}}
    # Of failures that read alike one says it all.
    shown = {
        (one.check, sample["message"]): [sample["source"].rpartition("/")[2], sample["position"]]
        for one in samples
        for sample in reversed(one.samples)
    }
    everything = [[check.check, check.rows_checked, check.rows_failed] for check in checks]
    blocks: list[Block] = [Plot(figures.bars(bars, "rows"), "Rows that failed each check; a row may fail several.")]
    if shown:
        rows = [[check, message, *where] for (check, message), where in shown.items()]
        blocks.append(Note("For example, from this run's rows in quarantine; a value that is personal reads ***."))
        blocks.append(Table(["check", "what was wrong", "file", "place in it"], rows, wrapped="what was wrong"))
    blocks.append(
        Table(["check", "rows checked", "failed"], everything, summary=f"All {len(checks)} checks in numbers")
    )
    return blocks


def _delivered(delivery: Delivery) -> list[Block]:
    blocks: list[Block] = [Note(note) for note in delivery.notes]
    if delivery.cleansed:
        rows = sorted(delivery.cleansed.items(), key=lambda step: -step[1])
        blocks.append(Table(["cleansing step", "values changed"], rows, caption="Steps that changed nothing left out."))
    return blocks


def _trend(committed: Sequence[RunRecord], limit: float | None) -> list[Block]:
    labels = [f"{one.started_at:%d %b<br>%H:%M:%S}" for one in committed]
    rates = [(label, one.pass_rate) for label, one in zip(labels, committed, strict=True) if one.pass_rate is not None]
    blocks: list[Block] = []
    if rates:
        where, values = zip(*rates, strict=True)
        rate = figures.lines({"pass rate": (where, values)}, "", dots=True, limit=limit)
        lowest = min(*values, 0.99, 1 if limit is None else limit)
        rate.update_yaxes(tickformat=".1%", range=[lowest - 0.005, 1.002])
        rate.update_xaxes(type="category", **FEW_TICKS)
        told = "" if limit is None else f" The dotted line is the contract's limit, {limit:.2%}."
        blocks.append(Plot(rate, f"Share of each run's records that was not quarantined, oldest run first.{told}"))
    counts = [asdict(one.counts) for one in committed if one.counts]
    outcomes = {name: [count[name] for count in counts] for name in OUTCOMES if any(count[name] for count in counts)}
    columns = figures.stacked_columns(outcomes, labels, "records")
    columns.update_xaxes(**FEW_TICKS)
    blocks.append(Plot(columns, "Records of each run by what became of them. Times are the runs' starts, UTC."))
    return blocks


def _facts(run: RunRecord) -> list[Block]:
    facts: list[list[object]] = [
        ["job", run.job],
        ["about", run.dataset],
        ["started, UTC", run.started_at],
        ["ended, UTC", run.ended_at],
        ["took", _seconds(run)],
        ["contract version", None if run.contract_version is None else str(run.contract_version)],
        ["bytes read", None if run.bytes_read is None else f"{run.bytes_read:,}"],
        ["tidemill", run.version],
    ]
    blocks: list[Block] = [Table(["fact", "value"], facts)]
    if run.table_versions:
        caption = "Each table as this run left it; read it at this version to see just that."
        blocks.append(Table(["table", "version"], sorted(run.table_versions.items()), caption=caption))
    return blocks
