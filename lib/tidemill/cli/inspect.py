"""tidemill inspect: what a file is, found by looking at its beginning and end."""

import json
from typing import Annotated

import typer

from tidemill.errors import RunFailed
from tidemill.formats import recognise_all, source_uri

SHOWN_FIRST = (
    "format", "compression", "encoding", "delimiter", "quote", "escape", "skip", "footer", "header", "columns",
    "records", "why",
)  # fmt: skip


class NotRecognised(RunFailed):
    """Some of the files could not be recognised; each was told in a line of its own."""

    def __init__(self, failed: int, of: int) -> None:
        super().__init__(f"{failed} of {of} files could not be recognised; see the lines above.")


def inspect(
    files: Annotated[list[str], typer.Argument(help="files to look at, by path or URI")],
    records: Annotated[str, typer.Option(help="where the records are, as 'records' under source says it")] = "",
) -> None:
    """Print one JSON line a file: its format, how it is written, its columns, and why it is taken so.

    A zip of several files has a line for each of them.
    """
    failed = 0
    for file in files:
        try:
            recognised = recognise_all(file, records=records)
        except (RunFailed, OSError) as error:
            typer.echo(f"tidemill: {' '.join(str(error).split())}", err=True)
            failed += 1
            continue
        for each in recognised:
            found = json.loads(each.to_json())
            shown = {"file": source_uri(file, each.member), **{key: found[key] for key in SHOWN_FIRST}}
            typer.echo(json.dumps({**shown, **found}, ensure_ascii=False))
    if failed and len(files) > 1:
        raise NotRecognised(failed, len(files))
    if failed:
        raise typer.Exit(1)
