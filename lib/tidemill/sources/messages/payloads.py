"""What a message's value holds, as records: one decoder for each kind, exact and for any bytes whatever."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tidemill.formats.decoding import LONGEST_RECORD, kept_text
from tidemill.formats.json_text import DECODER, Number
from tidemill.sources.messages.avro_values import AvroDecoder

Kind = Literal["json", "csv", "avro", "text", "number", "unreadable"]

_SPACE = re.compile(r"[ \t\n\r]*")
# More than JSON's numbers: what devices print, too. Which of them is a value is the contract's to say.
_NUMBER = re.compile(r"(?i)[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf(?:inity)?|nan")


class Piece(NamedTuple):
    """One record of a message.

    Attributes:
        content: its members; None where it does not parse.
        text: as delivered; bytes that do not decode are kept as `formats.decoding` keeps them.
    """

    content: Mapping[str, Any] | None
    text: str


Reader = Callable[[bytes], Sequence[Piece]]


def reader_of(kind: Kind, schema: Mapping[str, Any] | None = None, fields: Sequence[str] = ()) -> Reader:
    """The decoder of a kind of value; it gives at least one piece a message and raises nothing.

    Args:
        kind: as the contract names it.
        schema: for avro.
        fields: for csv, the names of a line's places.
    """
    match kind:
        case "text":
            return lambda value: [Piece({"value": text}, text) for text in [kept_text(value, "utf-8")]]
        case "unreadable":
            return lambda value: [Piece(None, kept_text(value, "utf-8"))]
        case "number":
            return _read_number
        case "json":
            return _read_json
        case "csv":
            return lambda value: [_csv_piece(kept_text(value, "utf-8"), fields)]
        case "avro":
            decoder = AvroDecoder(schema or {})
            return lambda value: [_avro_piece(value, decoder)]


def _read_number(value: bytes) -> list[Piece]:
    text = kept_text(value, "utf-8")
    number = text.strip(" \t\r\n\0")
    return [Piece({"value": Number(number)} if _NUMBER.fullmatch(number) else None, text)]


def _read_json(value: bytes) -> list[Piece]:
    text = kept_text(value.removeprefix(b"\xef\xbb\xbf"), "utf-8")
    try:
        begin = _after_space(text, 0)
        if text.startswith("[", begin):
            found = _elements(text, begin + 1)
            # What is one record is the message, as a whole.
            return found if len(found) > 1 else [Piece(found[0].content if found else None, text)]
        content = DECODER.decode(text)
    except (ValueError, RecursionError):
        return [Piece(None, text)]
    return [Piece(content if isinstance(content, dict) else None, text)]


def _elements(text: str, place: int) -> list[Piece]:
    """The elements of an array.

    Raises:
        ValueError: the text is no array to its end.
    """
    found: list[Piece] = []
    place = _after_space(text, place)
    ended = text.startswith("]", place)
    while not ended:
        content, end = DECODER.raw_decode(text, place)
        found.append(Piece(content if isinstance(content, dict) else None, text[place:end]))
        place = _after_space(text, end)
        ended = text.startswith("]", place)
        if not ended:
            if not text.startswith(",", place):
                raise ValueError(place)
            place = _after_space(text, place + 1)
    if _after_space(text, place + 1) != len(text):
        raise ValueError(place)
    return found


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _csv_piece(text: str, fields: Sequence[str]) -> Piece:
    values = _line_values(text.removesuffix("\n").removesuffix("\r"))
    return Piece(dict(zip(fields, values, strict=True)) if values and len(values) == len(fields) else None, text)


def _line_values(line: str) -> list[str] | None:
    if '"' in line:
        return _quoted_line(line)
    return None if "\n" in line or "\r" in line else line.split(",")


def _quoted_line(line: str) -> list[str] | None:
    csv.field_size_limit(LONGEST_RECORD)
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _avro_piece(value: bytes, decoder: AvroDecoder) -> Piece:
    found = decoder.decode(value)
    content = found.record if found else None
    if found and found.schema_id is not None:
        content = {**found.record, "_schema_id": Number(found.schema_id)}
    return Piece(content, kept_text(value, "utf-8"))
