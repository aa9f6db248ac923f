"""tidemill inspect: what a file is, found by looking at its beginning and end."""

import json
from importlib.util import find_spec
from typing import Annotated, Any

import typer

from tidemill.cli.options import Environment, Overrides
from tidemill.cli.shown import tell_error
from tidemill.config import load_config, revealed
from tidemill.errors import RunFailed
from tidemill.formats import recognise_all, source_uri
from tidemill.formats.stores import PREFIX, arrow_settings, is_in_s3, use_settings

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
    environment: Environment = "local",
    overrides: Overrides = None,
) -> None:
    """Print one JSON line a file: its format, how it is written, its columns, and why it is taken so.

    Of an image it is the format, mode and size; of an IDX file the number and size of its images.

    A zip of several files has a line for each of them.
    """
    if any(is_in_s3(file) for file in files):
        _use_store(environment, overrides or [])
    failed = 0
    for file in files:
        try:
            image = _image(file)
            recognised = [] if image else recognise_all(file, records=records)
        except (RunFailed, OSError) as error:
            tell_error(error)
            failed += 1
            continue
        if image:
            typer.echo(json.dumps({"file": source_uri(file, ""), **image}))
        for each in recognised:
            found = json.loads(each.to_json())
            shown = {"file": source_uri(file, each.member), **{key: found[key] for key in SHOWN_FIRST}}
            typer.echo(json.dumps({**shown, **found}, ensure_ascii=False))
    if failed and len(files) > 1:
        raise NotRecognised(failed, len(files))
    if failed:
        raise typer.Exit(1)


def _image(file: str) -> dict[str, Any] | None:
    """What an image says of itself; None for other files, and where there is nothing that reads images."""
    if find_spec("PIL") is None:
        return None
    from tidemill.formats.images.looking import look_at_image

    return look_at_image(file)


def _use_store(environment: str, overrides: list[str]) -> None:
    """Open the files of a store with the settings that jobs have for it."""
    settings = load_config(environment, overrides=overrides).spark.settings
    name = f"spark.hadoop.{PREFIX}"
    found = {key.removeprefix(name): revealed(value) for key, value in settings.items() if key.startswith(name)}
    use_settings(arrow_settings(found))
