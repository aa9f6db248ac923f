"""Parse JSON into bronze's layout: lines of objects, and one array or object."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from tidemill.formats.csv_text import RecordTooLong
from tidemill.formats.decoding import LONGEST_RECORD, decoded, text_blocks
from tidemill.formats.json_paths import NoRecords, Unfinished, array_start, behind_objects
from tidemill.formats.json_text import DECODER, delivered_text, json_text
from tidemill.formats.layout import Layout, Raw, Row
from tidemill.formats.recognised import Recognised

_BETWEEN = re.compile(r"[\s,]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def jsonl_batches(file: BinaryIO, recognised: Recognised, layout: Layout, path: str) -> Iterator[pa.RecordBatch]:
    """Parse one object a line. The position of a record is the number of its line, counted from 1.

    Args and errors as `csv_records.csv_batches`.
    """
    number, left = 0, ""
    for block in text_blocks(file, recognised.encoding):
        *lines, left = (left + block).split("\n")
        if len(left) > LONGEST_RECORD:
            raise RecordTooLong(path)
        yield from layout.batches(_lines(lines, number + 1, layout))
        number += len(lines)
    yield from layout.batches(_lines([left], number + 1, layout))


def json_batches(file: BinaryIO, recognised: Recognised, layout: Layout, path: str) -> Iterator[pa.RecordBatch]:
    """Parse one array of objects, or one object. The position of a record is its number, counted from 1.

    A record that is no JSON is given up up to the brace that closes it, or to the end of the file.

    Args and errors as `csv_records.csv_batches`.
    """
    records = _JsonRecords(layout, recognised.records, path)
    left = ""
    for block in text_blocks(file, recognised.encoding):
        parsed, left = records.read(left + block, final=False)
        if len(left) > LONGEST_RECORD:
            raise RecordTooLong(path)
        yield from layout.batches(parsed)
    yield from layout.batches(records.read(left, final=True)[0])


class _JsonRecords:
    """Walks through the values of one file, text after text."""

    def __init__(self, layout: Layout, records: str, path: str) -> None:
        self._layout = layout
        self._names = records.split(".") if records else []
        self._records, self._path = records, path
        self._opened = self._in_array = False
        # Objects to be left before the next one can be opened.
        self._within = 0
        self._count = 0

    def read(self, text: str, *, final: bool) -> tuple[list[Row | Raw], str]:
        """The whole records of a text that begins between two, and the text left over."""
        records: list[Row | Raw] = []
        position = 0
        while True:
            if self._within:
                position, self._within = behind_objects(text, position, self._within)
            opened = None if self._within else self._open(text, position, final=final)
            if opened is None:
                return records, text[position:]
            found, position = self._values(text, opened, final=final)
            records += found
            if not self._within:
                return records, text[position:]

    def _values(self, text: str, position: int, *, final: bool) -> tuple[list[Row | Raw], int]:
        records: list[Row | Raw] = []
        while (start := _end_of(_BETWEEN, text, position)) < len(text):
            if self._in_array and text[start] == "]":
                self._in_array, position = False, start + 1
                if self._names:
                    self._opened, self._within = False, len(self._names)
                    return records, position
                continue
            value, position = _next_value(text, start)
            if not final and position >= len(text):
                return records, start
            self._count += 1
            records.append(_record(value, text[start:position], self._count, self._layout))
        return records, len(text)

    def _open(self, text: str, position: int, *, final: bool) -> int | None:
        """Where the next value is looked for; None where the text does not reach there."""
        start = _end_of(_BETWEEN, text, position)
        if self._opened or start == len(text):
            return start
        if self._names:
            return self._open_object(text, start, final=final)
        self._opened, self._in_array = True, text[start] == "["
        return start + self._in_array

    def _open_object(self, text: str, start: int, *, final: bool) -> int | None:
        try:
            found = array_start(text, start, self._names)
        except Unfinished:
            found = None
            if not final:
                return None
        if found is None:
            raise NoRecords(self._path, self._records, f"An object behind record {self._count} lacks it.")
        self._opened = self._in_array = True
        return found


def taken(record: dict[str, Any], delivered: Sequence[str]) -> tuple[list[str | None], str | None]:
    """Divide a record into the values that the contract names and the rest.

    Args:
        record: delivered name -> value.
        delivered: names, or dotted paths into nested objects; a name that the record holds literally wins.

    Returns:
        A value for each name, None where it is null or missing, and the rest as JSON, None where there is no rest.
    """
    rest = dict(record)
    values = []
    for name in delivered:
        if name in record:
            values.append(delivered_text(record[name]))
            rest.pop(name, None)
        else:
            path = name.split(".")
            values.append(delivered_text(_at(record, path)))
            rest = _without(rest, path)
    return values, json_text(rest) if rest else None


def _at(record: Any, path: Sequence[str]) -> Any:
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def _without(record: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    first, *further = path
    if first not in record or (further and not isinstance(record[first], dict)):
        return record
    rest = {name: value for name, value in record.items() if name != first}
    inner = _without(record[first], further) if further else {}
    # The members keep their order, and an object that is taken whole leaves nothing.
    return {name: inner if name == first else record[name] for name in record if name in rest or inner}


def _lines(lines: Sequence[str], first: int, layout: Layout) -> Iterator[Row | Raw]:
    for number, line in enumerate(lines, start=first):
        if line and not line.isspace():
            try:
                value = DECODER.decode(line)
            except (ValueError, RecursionError):
                value = None
            yield _record(value, line, number, layout)


def _record(value: Any, text: str, position: int, layout: Layout) -> Row | Raw:
    if not isinstance(value, dict) or not decoded(text):
        return Raw(position, text)
    values, rescued = taken(value, layout.delivered)
    # An escaped lone surrogate is JSON and no text: no column can hold it.
    if "\\u" in text and any(field is not None and _SURROGATE.search(field) for field in (*values, rescued)):
        return Raw(position, text)
    return Row(position, values, rescued)


def _next_value(text: str, start: int) -> tuple[Any, int]:
    """The value that begins there, None where it is no JSON, and where it ends."""
    try:
        return DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, _end_of_broken(text, start)


def _end_of_broken(text: str, start: int) -> int:
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token.group(), 0)
        if depth <= 0:
            # A stray scalar or bracket is given up alone.
            return max(token.end(), start + 1)
    return len(text)


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
