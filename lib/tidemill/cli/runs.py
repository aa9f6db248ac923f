"""`tidemill runs`: what ran lately, how it ended, and what became of the records."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidemill.cli.options import Environment, Home, Json, Overrides
from tidemill.cli.shown import plain, print_uncut, shortened, width_of
from tidemill.config import Config, load_config
from tidemill.contract import UnknownDataset, known_datasets

if TYPE_CHECKING:
    from tidemill.monitoring import RunRecord

COUNTS = ("read", "accepted", "quarantined", "late", "duplicate", "unchanged", "stale")
STYLES = {"committed": "green", "failed": "red", "unfinished": "yellow"}
TEXTS = ("run", "job", "dataset", "started (UTC)", "state")
COLUMNS = ("run", "job", "dataset", "started (UTC)", "took", "state", *COUNTS, "passed")
# What a narrow terminal does without; an id begins with the time of its run.
LEFT_OUT = ("job", "started (UTC)", "took", "late", "duplicate", "unchanged", "stale")


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
    console = Console(highlight=False)
    table = _table(found, COLUMNS)
    if console.is_terminal and width_of(console, table) > console.width:
        table = _table(found, [name for name in COLUMNS if name not in LEFT_OUT])
    print_uncut(console, table)
    for run in found:
        if run.error:
            line = Text.assemble((f"{run.run_id} ", "dim"), plain(shortened(run.error, 200)))
            console.print(line, soft_wrap=True)


def _table(found: Sequence["RunRecord"], columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, no_wrap=True, justify="left" if name in TEXTS else "right")
    for run in found:
        cells = _cells(run)
        table.add_row(*(cells[name] for name in columns))
    return table


def _cells(run: "RunRecord") -> dict[str, Text]:
    seconds = run.duration.total_seconds() if run.duration is not None else None
    return {
        "run": plain(run.run_id),
        "job": plain(run.job),
        "dataset": plain(run.dataset),
        "started (UTC)": Text(f"{run.started_at:%Y-%m-%d %H:%M:%S}"),
        "took": Text("" if seconds is None else f"{seconds:,.1f} s"),
        "state": Text(run.state, STYLES[run.state]),
        **{name: Text(f"{getattr(run.counts, name):,}" if run.counts else "") for name in COUNTS},
        "passed": Text("" if run.pass_rate is None else f"{run.pass_rate:.2%}"),
    }
