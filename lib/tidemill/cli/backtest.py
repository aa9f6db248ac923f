"""`tidemill backtest`: the alerts that rules would have made of what silver holds."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tidemill.cli.options import Environment, Home, Json, Overrides
from tidemill.cli.shown import plain, print_uncut
from tidemill.config import load_config
from tidemill.contract import load_contract

if TYPE_CHECKING:
    from tidemill.streams.anomalies import PastAlert

TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
STYLES = {"info": "blue", "warning": "yellow", "critical": "red"}


def backtest(
    rules: Annotated[str, typer.Option(help="A file of rules: a path, or its name in conf/alerts.")],
    dataset: Annotated[str | None, typer.Option(help="Whose readings; the rules' own where none is named.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", formats=TIMES, help="Readings from then on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=TIMES, help="Readings until then, UTC.")] = None,
    as_json: Json = False,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """List the alerts that rules would have made of a dataset's readings in silver; no Spark is started."""
    from tidemill.alerts.rules import rules_named
    from tidemill.streams.anomalies import backtest as judged
    from tidemill.streams.anomalies import silver_readings

    config = load_config(environment, home, overrides or ())
    file = rules_named(config, rules)
    contract = load_contract(config, dataset or file.dataset)
    readings = silver_readings(config, contract, _utc(since), _utc(until))
    with _progress() as progress:
        task = progress.add_task(contract.name, total=len(readings))
        found = judged(
            contract.name, file.rules, readings, lambda done, of: progress.update(task, completed=done, total=of)
        )
    if as_json:
        for alert in found:
            typer.echo(json.dumps(alert.as_json(), ensure_ascii=False))
    elif found:
        _print(found)
    sensors = len(readings.column("sensor").unique())
    noun = "alert" if len(found) == 1 else "alerts"
    typer.echo(
        f"tidemill: {len(found):,} {noun} of {len(file.rules)} rules in {len(readings):,} readings of {sensors:,} "
        f"sensors of {contract.name}.",
        err=True,
    )


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time else None


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} readings"))
    console = Console(stderr=True)
    return Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not sys.stderr.isatty())


def _print(found: Sequence["PastAlert"]) -> None:
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("began (UTC)", "opened", "closed", "lasted", "sensor", "rule", "worst"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("lasted", "worst") else "left")
    for alert in found:
        table.add_row(
            Text(f"{alert.began:%Y-%m-%d %H:%M:%S}"),
            Text(_after(alert.began, alert.opened)),
            Text(f"{alert.closed:%Y-%m-%d %H:%M:%S}" if alert.closed else "not yet"),
            Text(_short(alert.lasted)),
            plain(alert.sensor),
            plain(alert.rule, STYLES[alert.severity]),
            Text("" if alert.worst is None else f"{alert.worst:g}"),
        )
    print_uncut(console, table)


def _after(began: datetime, opened: datetime) -> str:
    """How long after the fault began its alert opened."""
    return f"after {_short(opened - began)}" if opened > began else "at once"


def _short(lasted: timedelta | None) -> str:
    return "" if lasted is None else str(lasted - timedelta(microseconds=lasted.microseconds))
