"""Tell JSON from other text, and one array or object from one object a line."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from tidemill.formats.json_paths import NoRecords, Unfinished, array_start, records_paths
from tidemill.formats.json_text import DECODER

_OPENS_ARRAY = re.compile(r"\s*\[\s*(?=[\[{\]])")
_OPENS_OBJECT = re.compile(r"\s*\{\s*(?=[\"}])")
_OPENS_PLAIN_ARRAY = re.compile(r"\s*\[\s*(\"|-?\d|true|false|null)")
_SAMPLE_RECORDS = 100


@dataclass(frozen=True)
class RecordsPath:
    """Where in one object its records are: dotted names, empty for the object itself, and why."""

    names: str
    why: str


def find_json_shape(
    text: str, *, whole: bool, tail: str = "", lines_expected: bool = False
) -> tuple[Literal["json", "jsonl"], str] | None:
    """Tell how a text delivers JSON records.

    Args:
        text: the first characters of a file.
        whole: whether that is all of it.
        tail: its last characters, for files whose first line is longer than the head.
        lines_expected: whether name or contract say JSON lines, which decides for a single object on one line.

    Returns:
        The format and why; None where the text is no JSON.
    """
    if _OPENS_ARRAY.match(text) or (_OPENS_PLAIN_ARRAY.match(text) and _parsed(text.strip()) is not None and whole):
        return "json", "one JSON array"
    if not _OPENS_OBJECT.match(text):
        return None
    lines = [line for line in text.split("\n") if line.strip()]
    complete = lines if whole else lines[:-1]
    objects = sum(isinstance(_parsed(line), dict) for line in complete[:_SAMPLE_RECORDS])
    if len(lines) > 1:
        if objects * 2 >= min(len(complete), _SAMPLE_RECORDS) and objects > 0:
            return "jsonl", "one JSON object a line"
        return "json", "one JSON object over several lines"
    if lines_expected or (not whole and re.search(r"\n\s*\{\s*\"", tail)):
        return "jsonl", "one JSON object a line"
    return "json", "one JSON object"


def find_records(uri: str, text: str, records: str, *, whole: bool) -> RecordsPath:
    """Find the array in which the records of one object are: the one that is named, or the only one of objects.

    Args:
        uri: the file, for messages.
        text: its first characters.
        records: the dotted path to the array, where it is known.
        whole: whether the text is all of it.

    Raises:
        NoRecords: the whole of it lacks the array that was named.
    """
    if not _OPENS_OBJECT.match(text):
        if records:
            raise NoRecords(uri, records, "The file is one array of records.")
        return RecordsPath("", "")
    if records:
        try:
            found = array_start(text, 0, records.split("."))
        except Unfinished:
            found = None if whole else 0
        if found is None:
            raise NoRecords(uri, records, f"Arrays of objects in it: {', '.join(records_paths(text)) or 'none'}.")
        return RecordsPath(records, f"records in '{records}'")
    paths = records_paths(text)
    seen = "in it" if whole else "in its head"
    if len(paths) != 1:
        return RecordsPath("", f"several arrays of objects {seen}: {', '.join(paths)}" if paths else "")
    return RecordsPath(paths[0], f"records in '{paths[0]}', the only array of objects {seen}")


def json_columns(text: str, records: str = "") -> tuple[str, ...]:
    """The names that the first records deliver, in the order in which they appear.

    Args:
        text: the first characters of a file.
        records: the dotted path to their array, where they are in one object.
    """
    names: dict[str, None] = {}
    opening = _OPENS_ARRAY.match(text)
    position = opening.end() if opening else 0
    if records:
        try:
            position = array_start(text, 0, records.split(".")) or len(text)
        except Unfinished:
            return ()
    for _ in range(_SAMPLE_RECORDS):
        start = re.compile(r"[\s,]*").match(text, position)
        try:
            record, position = DECODER.raw_decode(text, start.end() if start else position)
        except (ValueError, RecursionError):
            break
        names.update(dict.fromkeys(record if isinstance(record, dict) else ()))
    return tuple(names)


def _parsed(line: str) -> Any:
    try:
        return DECODER.decode(line.strip())
    except (ValueError, RecursionError):
        return None
