"""What a file's name or its contract promises of its content, and what of that is kept."""

from pathlib import PurePath

import structlog

from tidemill.errors import RunFailed
from tidemill.formats.location import shown_path

# Names that promise a format; all others (.txt, .dat, none) promise nothing.
_PROMISED = {
    ".csv": ("csv",), ".tsv": ("csv",), ".psv": ("csv",), ".tab": ("csv",),
    ".json": ("json", "jsonl"), ".jsonl": ("jsonl",), ".ndjson": ("jsonl",),
    ".xml": ("xml",), ".avro": ("avro",), ".orc": ("orc",), ".xlsx": ("xlsx",), ".xlsm": ("xlsx",),
    ".parquet": ("parquet",), ".pq": ("parquet",), ".parq": ("parquet",),
}  # fmt: skip
_SPOKEN = {
    "csv": "delimited text (csv)", "json": "one JSON array or object (json)",
    "jsonl": "one JSON object a line (jsonl)", "xml": "XML", "avro": "Avro", "parquet": "Parquet", "orc": "ORC",
    "xlsx": "an Excel workbook (xlsx)",
}  # fmt: skip


class DeclaredFormatContradictsContent(RunFailed):
    """A contract declares another format than a file holds."""

    def __init__(self, uri: str, declared: str, found: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: declared as 'format: {declared}', and the content is {_SPOKEN[found]}. "
            f"Declare 'format: {found}' or 'format: auto' under source, or deliver the file as {declared}."
        )


def lines_expected(name: str, declared: str) -> bool:
    """Whether contract or name say JSON lines, which decides for a single object on one line."""
    return declared == "jsonl" or _PROMISED.get(_suffix(name)) == ("jsonl",)


def kept_promises(name: str, declared: str, found: str) -> tuple[str, ...]:
    """Compare what was found with what was promised: a contract is held to, a name that errs is told.

    Args:
        name: the file's name or URI.
        declared: a format, or `auto`.
        found: the format of the content.

    Returns:
        What to tell of the name: nothing, or one sentence, which is also logged as a warning.

    Raises:
        DeclaredFormatContradictsContent: the contract says another format.
    """
    if declared not in ("auto", found):
        raise DeclaredFormatContradictsContent(name, declared, found)
    told = misnamed(name, found)
    if declared != "auto" or not told:
        return ()
    structlog.get_logger().warning("name_contradicts_content", file=shown_path(name), name=_suffix(name), content=found)
    return (told,)


def misnamed(name: str, found: str) -> str:
    """How a file's name errs about the format of its content; empty where it does not."""
    suffix = _suffix(name)
    kept = found in _PROMISED.get(suffix, (found,))
    return "" if kept else f"the name ends in {suffix}, the content is {_SPOKEN[found]}"


def _suffix(name: str) -> str:
    return PurePath(shown_path(name)).suffix.lower()
