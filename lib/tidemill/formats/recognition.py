"""Recognise a file by its content: read its first and last bytes, and say how to read the rest."""

import os
from dataclasses import asdict, replace
from pathlib import PurePath
from typing import BinaryIO

from tidemill.errors import RunFailed
from tidemill.formats.compression import find_compression, is_workbook, opened
from tidemill.formats.csv_shape import find_csv_shape
from tidemill.formats.encodings import find_encoding
from tidemill.formats.json_shape import find_json_shape, json_columns
from tidemill.formats.location import canonical_uri, open_file, shown_path
from tidemill.formats.parquet_shape import MAGIC, footer_bytes, parquet_columns
from tidemill.formats.recognised import Recognised

HEAD_BYTES = 64 << 10
_LARGEST_FOOTER = 64 << 20

# Names that promise a format; all others (.txt, .dat, none) promise nothing.
_PROMISED = {
    ".csv": ("csv",), ".tsv": ("csv",), ".psv": ("csv",), ".tab": ("csv",),
    ".json": ("json", "jsonl"), ".jsonl": ("jsonl",), ".ndjson": ("jsonl",),
    ".parquet": ("parquet",), ".pq": ("parquet",), ".parq": ("parquet",),
}  # fmt: skip
_SPOKEN = {
    "csv": "delimited text (csv)", "json": "one JSON array or object (json)",
    "jsonl": "one JSON object a line (jsonl)", "parquet": "Parquet",
}  # fmt: skip
_FOREIGN = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd",
    b"Obj\x01": "Avro", b"ORC": "ORC", b"\xd0\xcf\x11\xe0": "old Office (xls)", b"%PDF": "PDF",
    b"SQLite format 3": "SQLite",
}  # fmt: skip


class EmptyFile(RunFailed):
    """A file holds nothing."""

    def __init__(self, uri: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the file is empty. Expected at least one record; deliver it again, or remove it."
        )


class NameContradictsContent(RunFailed):
    """A file's name promises another format than it holds."""

    def __init__(self, uri: str, suffix: str, found: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the name ends in {suffix}, and the content is {_SPOKEN[found]}. "
            f"Rename the file, or declare 'format: {found}' under source."
        )


class DeclaredFormatContradictsContent(RunFailed):
    """A contract declares another format than a file holds."""

    def __init__(self, uri: str, declared: str, found: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: declared as 'format: {declared}', and the content is {_SPOKEN[found]}. "
            f"Declare 'format: {found}' or 'format: auto' under source, or deliver the file as {declared}."
        )


class UnknownContent(RunFailed):
    """A file holds none of the formats that are read."""

    def __init__(self, uri: str, found: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the content is {found}. Expected csv, json, jsonl or Parquet; "
            "deliver it as one of these, or remove it."
        )


def recognise(uri: str, declared: str = "auto") -> Recognised:
    """Find out how to read a file, from no more than its head and tail (64 KiB each; Parquet: its footer).

    Args:
        uri: a local path or a URI.
        declared: a format that the content must have, or `auto`.

    Raises:
        MissingFile, EmptyFile, NameContradictsContent, DeclaredFormatContradictsContent, HeaderWithoutRows,
        TruncatedParquet, UnknownContent: each one line that says which file, what was expected, and the next step.
    """
    location = canonical_uri(uri)
    with open_file(location) as file:
        head = file.read(HEAD_BYTES)
        compression = find_compression(head)
        if compression:
            return _recognise_compressed(file, location, compression, declared)
        size = file.seek(0, os.SEEK_END)
        tail = _last_bytes(file, size, HEAD_BYTES)
        if head.startswith(MAGIC) and len(tail) < footer_bytes(tail) <= min(size, _LARGEST_FOOTER):
            tail = _last_bytes(file, size, footer_bytes(tail))
    return recognise_content(location, head, tail, size, declared)


def _recognise_compressed(file: BinaryIO, location: str, compression: str, declared: str) -> Recognised:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if compression == "zip" and is_workbook(file, location):
        raise UnknownContent(location, "an Excel workbook (xlsx)")
    with opened(file, compression, location) as (content, name):
        head = content.read(HEAD_BYTES + 1)
    if head.startswith(MAGIC):
        raise UnknownContent(location, f"Parquet inside {compression}")
    # What comes after the head would have to be unpacked to be looked at.
    found = recognise_content(name, head[:HEAD_BYTES], b"", len(head), declared)
    return replace(found, size=size, compression=compression, why=(f"{compression} by its first bytes", *found.why))


def recognise_content(name: str, head: bytes, tail: bytes, size: int, declared: str = "auto") -> Recognised:
    """Find out how to read a file from its first and last bytes; opens nothing.

    Args:
        name: the file's name or URI, for its ending and for messages.
        head: its first bytes; all of them where the file is short.
        tail: its last bytes; may overlap the head.
        size: its bytes.
        declared: a format that the content must have, or `auto`.

    Raises:
        RunFailed: as `recognise`, but for a missing file.
    """
    suffix = PurePath(shown_path(name)).suffix.lower()
    found = _look(name, head, tail, size, lines_expected=declared == "jsonl" or _PROMISED.get(suffix) == ("jsonl",))
    if declared not in ("auto", found.format):
        raise DeclaredFormatContradictsContent(name, declared, found.format)
    if declared == "auto" and found.format not in _PROMISED.get(suffix, (found.format,)):
        raise NameContradictsContent(name, suffix, found.format)
    return found


def _look(name: str, head: bytes, tail: bytes, size: int, *, lines_expected: bool) -> Recognised:
    if size == 0:
        raise EmptyFile(name)
    if head.startswith(MAGIC):
        columns, types = parquet_columns(name, tail, size)
        return Recognised("parquet", size, columns=tuple(columns), types=tuple(types), why=("PAR1 at both ends",))
    for magic, kind in _FOREIGN.items():
        if head.startswith(magic):
            raise UnknownContent(name, kind)
    encoding = find_encoding(head, tail if size > len(head) else b"")
    if encoding is None:
        raise UnknownContent(name, "binary, of no kind that is known here")
    text = head.decode(encoding.name, "ignore")
    whole = size <= len(head)
    if not text.strip():
        raise EmptyFile(name) if whole else UnknownContent(name, f"nothing but blanks in its first {len(head)} bytes")
    last = tail.decode(encoding.name.removesuffix("-sig"), "ignore")
    if shape := find_json_shape(text, whole=whole, tail=last, lines_expected=lines_expected):
        return Recognised(
            shape[0], size, encoding=encoding.name, columns=json_columns(text), why=(encoding.why, shape[1])
        )
    csv = find_csv_shape(name, text, whole=whole)
    return Recognised(
        "csv",
        size,
        encoding=encoding.name,
        **asdict(csv.dialect),
        skip=csv.skip,
        header=csv.header,
        columns=csv.columns,
        why=(encoding.why, *csv.why),
    )


def _last_bytes(file: BinaryIO, size: int, count: int) -> bytes:
    file.seek(max(0, size - count))
    return file.read(count)
