"""`tidemill tables`: what the lake holds, and the columns of a table."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from tidemill.cli.options import Environment, Home, Json, Overrides
from tidemill.cli.shown import plain, print_uncut, tell_error
from tidemill.config import Config, load_config
from tidemill.errors import RunFailed

if TYPE_CHECKING:
    from tidemill.lake.listing import TableSize

TEXTS = ("table", "newest file (UTC)", "column", "type")
SIZES = ("table", "rows", "files", "size", "version", "newest file (UTC)")
NOT_KNOWN = "\N{EN DASH}"


class Layer(StrEnum):
    """The layers of a lake."""

    bronze = "bronze"
    silver = "silver"
    quarantine = "quarantine"
    gold = "gold"
    ops = "ops"


class NotReadable(RunFailed):
    """Some of the tables could not be read; each was told in a line of its own."""

    def __init__(self, failed: int, of: int) -> None:
        super().__init__(f"{failed} of {of} tables could not be read; see the lines above.")


def tables(
    table: Annotated[str | None, typer.Argument(help="Its columns, too: LAYER.NAME, as in silver.people.")] = None,
    layer: Annotated[Layer | None, typer.Option(help="The tables of this layer alone.")] = None,
    as_json: Json = False,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """List the lake's tables with rows, files, bytes and version, by their logs; no Spark is started."""
    config = load_config(environment, home, overrides or ())
    if table is not None:
        _tell_table(config, table, as_json)
    else:
        _tell_tables(config, layer, as_json)


def _tell_tables(config: Config, layer: str | None, as_json: bool) -> None:
    from tidemill.lake.listing import size_of, table_names
    from tidemill.lake.stored import TableNotReadable, opened

    names = [name for name in table_names(config) if layer is None or name.startswith(f"{layer}.")]
    sizes, failed = [], 0
    for name in names:
        try:
            found = opened(config, name)
        except TableNotReadable as error:
            tell_error(error)
            failed += 1
        else:
            sizes += [size_of(name, found)] if found else []
    if as_json:
        for size in sizes:
            typer.echo(json.dumps(size.as_json()))
    elif sizes:
        _print(SIZES, [_cells(size) for size in sizes])
    elif not failed:
        job = "build_gold.py --table NAME" if layer == Layer.gold else "ingest.py --dataset NAME"
        typer.echo(
            f"tidemill: there is no {f'{layer} ' if layer else ''}table in {config.lake_root} yet. Run a job, as in "
            f"spark-submit jobs/{job}, or choose another --home.",
            err=True,
        )
    if failed:
        raise NotReadable(failed, len(names))


def _tell_table(config: Config, name: str, as_json: bool) -> None:
    from tidemill.lake.listing import columns_of, size_of, table_names
    from tidemill.lake.names import NoSuchTable
    from tidemill.lake.stored import opened

    known = table_names(config)
    table = opened(config, name) if name in known else None
    if table is None:
        raise NoSuchTable(name, config.lake_root, known)
    size, columns = size_of(name, table), columns_of(table)
    if as_json:
        typer.echo(json.dumps({**size.as_json(), "columns": columns}, ensure_ascii=False))
        return
    _print(SIZES, [_cells(size)])
    typer.echo()
    _print(("column", "type"), [[plain(each), plain(kind)] for each, kind in columns.items()])


def _cells(size: "TableSize") -> list[Text]:
    return [
        plain(size.name),
        Text(NOT_KNOWN if size.rows is None else f"{size.rows:,}"),
        Text(f"{size.files:,}"),
        Text(decimal(size.bytes)),
        Text(str(size.version)),
        Text(NOT_KNOWN if size.written_at is None else f"{size.written_at:%Y-%m-%d %H:%M:%S}"),
    ]


def _print(names: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, no_wrap=True, justify="left" if name in TEXTS else "right")
    for row in rows:
        table.add_row(*row)
    print_uncut(console, table)
