"""`tidemill runs`: what ran lately, how it ended, and what became of the records."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidemill.cli.options import Environment, Home, Json, Overrides
from tidemill.cli.shown import plain, shortened
from tidemill.config import Config, load_config
from tidemill.contract import UnknownDataset, known_datasets

if TYPE_CHECKING:
    from tidemill.monitoring import RunRecord

COUNTS = ("read", "accepted", "quarantined", "duplicate", "unchanged", "stale")
STYLES = {"committed": "green", "failed": "red", "unfinished": "yellow"}
# Narrower than this, the three counts of rows that were set aside become one.
WIDE = 150


def runs(
    dataset: Annotated[str | None, typer.Option(help="Of this dataset, gold table or model alone.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    as_json: Json = False,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """List the newest runs of the jobs, from the ledger; no Spark is started."""
    from tidemill.monitoring import recent_runs

    config = load_config(environment, home, overrides or ())
    found = recent_runs(config, last, dataset)
    if not found:
        _tell_nothing(config, dataset)
    elif as_json:
        for run in found:
            typer.echo(json.dumps(run.as_json(), ensure_ascii=False))
    else:
        _print(found)


def _tell_nothing(config: Config, dataset: str | None) -> None:
    from tidemill.monitoring import ran

    known = sorted({*known_datasets(config), *ran(config)})
    if dataset is not None and dataset not in known:
        raise UnknownDataset(dataset, known)
    what = f"of {dataset} " if dataset else ""
    typer.echo(
        f"tidemill: no runs {what}yet in {config.lake_root}. Run a job, as in spark-submit jobs/ingest.py "
        f"--dataset {dataset or 'NAME'}, or choose another --home.",
        err=True,
    )


def _print(found: Sequence["RunRecord"]) -> None:
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=WIDE + 50)
    counts = COUNTS if console.width >= WIDE else COUNTS[:3]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("run", "job", "dataset", "started (UTC)"):
        table.add_column(name, no_wrap=True)
    for name in ("took", "state", *counts, *(() if len(counts) == len(COUNTS) else ("set aside",)), "passed"):
        table.add_column(name, no_wrap=True, justify="left" if name == "state" else "right")
    for run in found:
        table.add_row(*_cells(run, counts))
    console.print(table)
    for run in found:
        if run.error:
            line = Text.assemble((f"{run.run_id} ", "dim"), plain(shortened(run.error, 200)))
            console.print(line, soft_wrap=True)


def _cells(run: "RunRecord", counts: Sequence[str]) -> list[Text]:
    figures = [f"{getattr(run.counts, name):,}" if run.counts else "" for name in counts]
    if len(counts) < len(COUNTS):
        aside = sum(getattr(run.counts, name) for name in COUNTS[len(counts) :]) if run.counts else None
        figures.append("" if aside is None else f"{aside:,}")
    seconds = run.duration.total_seconds() if run.duration is not None else None
    return [
        *(plain(text) for text in (run.run_id, run.job, run.dataset, f"{run.started_at:%Y-%m-%d %H:%M:%S}")),
        Text("" if seconds is None else f"{seconds:,.1f} s"),
        Text(run.state, STYLES[run.state]),
        *(Text(figure) for figure in figures),
        Text("" if run.pass_rate is None else f"{run.pass_rate:.2%}"),
    ]
