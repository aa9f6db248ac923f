"""`tidemill quarantine`: the refused rows of a dataset, and why; personal values are masked."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from tidemill.cli.options import Environment, Home, Json, Overrides
from tidemill.cli.shown import plain, shortened
from tidemill.config import load_config
from tidemill.contract import load_contract

if TYPE_CHECKING:
    from tidemill.monitoring import FailedRows, QuarantinedRow

# Of a wide record a person reads this much; --json has all of it.
RECORD = 600


class By(StrEnum):
    """What rows are counted by."""

    check = "check"


def quarantine(
    dataset: Annotated[str, typer.Argument(help="A dataset: conf/datasets/NAME.yaml.")],
    by: Annotated[By | None, typer.Option("--by", help="Count by this, with a sample each, instead of rows.")] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Leave out rows that were replayed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many rows, or checks.")] = 20,
    as_json: Json = False,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Show a dataset's newest quarantined rows, or count them by check; no Spark is started."""
    from tidemill.monitoring import failures_by_check, newest_rows

    config = load_config(environment, home, overrides or ())
    contract = load_contract(config, dataset)
    found: Sequence[QuarantinedRow | FailedRows] = (
        failures_by_check(config, contract, only_open=only_open)[:limit]
        if by
        else newest_rows(config, contract, limit, only_open)
    )
    if not found:
        typer.echo(f"tidemill: quarantine.{dataset} has no {'open ' if only_open else ''}rows.", err=True)
    elif as_json:
        for one in found:
            typer.echo(json.dumps(one.as_json(), ensure_ascii=False))
    else:
        _print(found)


def _print(found: Sequence["QuarantinedRow | FailedRows"]) -> None:
    from tidemill.monitoring import FailedRows

    console = Console(highlight=False)
    for one in found:
        if isinstance(one, FailedRows):
            _print_count(console, one)
        else:
            _print_row(console, one)


def _print_count(console: Console, count: "FailedRows") -> None:
    console.print(Text.assemble(f"{count.rows:>9,}  ", plain(count.check, "red")))
    for sample in count.samples:
        where = f"{sample['source']}, {sample['position']}"
        console.print(Text.assemble(" " * 11, plain(shortened(sample["message"] or "", 200))), soft_wrap=True)
        console.print(Text.assemble(" " * 11, plain(where, "dim")), soft_wrap=True)


def _print_row(console: Console, row: "QuarantinedRow") -> None:
    replayed = f", replayed {row.replayed_at:%Y-%m-%d %H:%M:%S}" if row.replayed_at else ""
    where = plain(f"{row.source}, {row.position}", "bold")
    when = plain(f"  {row.quarantined_at:%Y-%m-%d %H:%M:%S} UTC, run {row.run_id}{replayed}", "dim")
    console.print(Text.assemble(where, when), soft_wrap=True)
    for failure in row.failures:
        reason = Text.assemble("  ", plain(failure["check"], "red"), ": ", plain(failure["message"] or ""))
        console.print(reason, soft_wrap=True)
    if row.record is not None:
        record = shortened(json.dumps(row.record, ensure_ascii=False), RECORD)
        console.print(Text.assemble("  ", plain(record)), soft_wrap=True)
