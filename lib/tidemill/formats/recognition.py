"""Recognise a file by its content: read its first and last bytes, and say how to read the rest."""

import io
import os
from dataclasses import replace
from typing import BinaryIO

from tidemill.formats.compression import (
    UnclearArchive,
    find_compression,
    is_document,
    is_workbook,
    opened,
    unpacked,
    zip_members,
)
from tidemill.formats.contents import HEAD_BYTES, Content, UnknownContent, look, needs_all
from tidemill.formats.csv_alike import Alike
from tidemill.formats.location import canonical_uri, open_file
from tidemill.formats.promises import kept_promises, lines_expected
from tidemill.formats.recognised import Recognised


def recognise(uri: str, declared: str = "auto", records: str = "") -> Recognised:
    """Find out how to read a file, from no more than its head and tail (64 KiB each) and the footer of a binary format.

    What is compressed is looked at up to its head; a binary format behind a compression is unpacked for it, and so is
    a workbook, whose sheets have to be read to be found empty.

    Args:
        uri: a local path or a URI.
        declared: a format that the content must have, or `auto`.
        records: where the records are: in json the dotted path from one object to its array, in xml the name of the
            record element; empty to find it.

    Raises:
        RunFailed: MissingFile, EmptyFile, UnknownContent, DeclaredFormatContradictsContent and what each format and
            compression raises: one line that says which file, what was expected, and the next step.
        UnclearArchive: a zip holds several files; `recognise_all` tells them.
    """
    found = recognise_all(uri, declared, records)
    if len(found) > 1:
        raise UnclearArchive(canonical_uri(uri), [each.member for each in found])
    return found[0]


def recognise_all(uri: str, declared: str = "auto", records: str = "", alike: Alike | None = None) -> list[Recognised]:
    """As `recognise`, for each of the files in a zip of several; one for every other file.

    Args:
        uri: see `recognise`.
        declared: see there.
        records: see there.
        alike: what is known of files delivered with this one; kept up to date here.
    """
    location = canonical_uri(uri)
    with open_file(location) as file:
        head = file.read(HEAD_BYTES)
        compression = find_compression(head)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if not compression or (compression == "zip" and is_workbook(file, location)):
            tail = _last_bytes(file, size, HEAD_BYTES)
            known = {} if alike is None else alike
            content = Content(location, head, tail, size, file, location, bool(compression), known)
            return [_recognise(content, declared, records)]
        members = zip_members(file, location) if compression == "zip" else [""]
        if is_document(members):
            raise UnknownContent(location, "a document of an office program")
        several = len(members) > 1
        return [
            _recognise_compressed(file, size, location, compression, member if several else "", declared, records)
            for member in members
        ]


def recognise_content(
    name: str, head: bytes, tail: bytes, size: int, declared: str = "auto", records: str = ""
) -> Recognised:
    """Find out how to read a file from its first and last bytes; opens nothing.

    Args:
        name: the file's name or URI, for its ending and for messages.
        head: its first bytes; all of them where the file is short.
        tail: its last bytes; may overlap the head.
        size: its bytes. An ORC file, a workbook and a Parquet or Avro file of very many columns must be short enough
            for the head, or `recognise` has to open it.
        declared: a format that the content must have, or `auto`.
        records: as for `recognise`.

    Raises:
        RunFailed: as `recognise`, but for a missing file.
    """
    whole = io.BytesIO(head) if size <= len(head) else None
    return _recognise(Content(name, head, tail, size, whole), declared, records)


def _recognise_compressed(
    file: BinaryIO, size: int, location: str, compression: str, member: str, declared: str, records: str
) -> Recognised:
    file.seek(0)
    with opened(file, compression, location, member) as (content, name):
        shown = f"{location}!/{name}" if compression == "zip" else name
        head = content.read(HEAD_BYTES + 1)
        if needs_all(head):
            content.seek(0)
            with unpacked(content) as copy:
                length = copy.seek(0, os.SEEK_END)
                tail = _last_bytes(copy, length, HEAD_BYTES)
                workbook = find_compression(head) == "zip" and is_workbook(copy, shown)
                seen = Content(shown, head[:HEAD_BYTES], tail, length, copy, copy.name, workbook)
                found = _recognise(seen, declared, records)
        else:
            # What comes after the head would have to be unpacked to be looked at.
            whole = io.BytesIO(head) if len(head) <= HEAD_BYTES else None
            found = _recognise(Content(shown, head[:HEAD_BYTES], b"", len(head), whole), declared, records)
    why = (f"{compression} by its first bytes", *found.why)
    return replace(found, size=size, compression=compression, member=member, why=why)


def _recognise(content: Content, declared: str, records: str) -> Recognised:
    found = look(content, records, lines_expected=lines_expected(content.name, declared))
    told = kept_promises(content.name, declared, found.format)
    return replace(found, why=(*found.why, *told))


def _last_bytes(file: BinaryIO, size: int, count: int) -> bytes:
    file.seek(max(0, size - count))
    return file.read(count)
