"""Look at a content's first and last bytes, and say which format it has and how to read it."""

import os
import re
from dataclasses import asdict, dataclass, field
from typing import BinaryIO

from tidemill.errors import RunFailed
from tidemill.formats import avro_blocks, orc_shape, parquet_shape
from tidemill.formats.avro_records import avro_columns
from tidemill.formats.csv_alike import Alike, csv_shape_like
from tidemill.formats.encodings import Encoding, find_encoding
from tidemill.formats.json_shape import RecordsPath, find_json_shape, find_records, json_columns
from tidemill.formats.location import shown_path
from tidemill.formats.recognised import Recognised
from tidemill.formats.sheet_rows import find_sheet_shape
from tidemill.formats.xml_records import TEXT, xml_columns
from tidemill.formats.xml_shape import declared_encoding, find_xml_shape, is_xml

HEAD_BYTES = 64 << 10
_LARGEST_FOOTER = 64 << 20

_BINARY = (parquet_shape.MAGIC, orc_shape.MAGIC, avro_blocks.MAGIC)
_TAG = re.compile(r"<[^>]*>")
_ZIP = b"PK\x03\x04"
_OFFICE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_FOREIGN = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z", b"Rar!": "rar", b"%PDF": "PDF", b"SQLite format 3": "SQLite", b"\x89HDF": "HDF5",
    b"ARROW1": "Arrow (Feather)",
}  # fmt: skip


class EmptyFile(RunFailed):
    """A file holds nothing."""

    def __init__(self, uri: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the file is empty. Expected at least one record; deliver it again, or remove it."
        )


class UnknownContent(RunFailed):
    """A file holds none of the formats that are read."""

    def __init__(self, uri: str, found: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the content is {found}. Expected csv, json, jsonl, xml, Avro, Parquet, ORC or xlsx; "
            "deliver it as one of these, or remove it."
        )


@dataclass(frozen=True)
class Content:
    """What is behind a file's compression, as far as it has been read.

    Attributes:
        name: for messages and for its ending.
        head: its first bytes; all of them where it is short.
        tail: its last bytes; may overlap the head, and is empty where they cannot be had.
        size: its bytes; more than the head where they are not known.
        file: all of it, where that can be had.
        location: where that lies, as a URI or a path; empty where only bytes were given.
        workbook: whether it is known to be an Excel workbook.
        alike: csv shapes of other files that it may share.
    """

    name: str
    head: bytes
    tail: bytes
    size: int
    file: BinaryIO | None = None
    location: str = ""
    workbook: bool = False
    alike: Alike = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether the head is all of it."""
        return self.size <= len(self.head)


def needs_all(head: bytes) -> bool:
    """Whether what begins so is recognised by more than its head."""
    return head.startswith((*_BINARY, _ZIP))


def look(content: Content, records: str, *, lines_expected: bool) -> Recognised:
    """Say which format a content has and how to read it.

    Args:
        content: what can be seen of it.
        records: where its records are; empty to find it.
        lines_expected: whether JSON lines are promised.

    Raises:
        EmptyFile, UnknownContent: there is nothing to read.
        RunFailed: what the format's own looking raises.
    """
    if content.size == 0:
        raise EmptyFile(content.name)
    if content.workbook:
        shape = find_sheet_shape(_all(content), content.name, records)
        return Recognised("xlsx", content.size, **asdict(shape))
    return _binary(content) or _text(content, records, lines_expected=lines_expected)


def _binary(content: Content) -> Recognised | None:
    name, head, size = content.name, content.head, content.size
    if head.startswith(parquet_shape.MAGIC):
        columns, types = parquet_shape.parquet_columns(name, _footer(content), size)
        return Recognised("parquet", size, columns=tuple(columns), types=tuple(types), why=("PAR1 at both ends",))
    if head.startswith(avro_blocks.MAGIC):
        columns, types, codec = avro_columns(_all(content), name)
        why = ("Obj1 at its beginning", f"blocks of codec {codec}")
        return Recognised("avro", size, columns=tuple(columns), types=tuple(types), why=why)
    # Three letters may begin a text too.
    if head.startswith(orc_shape.MAGIC) and (content.tail[-4:-1] == orc_shape.MAGIC or not find_encoding(head, b"")):
        if not content.location:
            raise UnknownContent(name, "ORC and was not given whole")
        columns, types = orc_shape.orc_columns(content.location, name)
        return Recognised("orc", size, columns=tuple(columns), types=tuple(types), why=("ORC at both ends",))
    if head.startswith(_OFFICE):
        encrypted = _ENCRYPTED_OFFICE in head + content.tail
        raise UnknownContent(name, "an encrypted workbook" if encrypted else "old Office (xls)")
    for magic, kind in _FOREIGN.items():
        if head.startswith(magic):
            raise UnknownContent(name, kind)
    if head[257:262] == b"ustar":
        raise UnknownContent(name, "tar")
    return None


def _footer(content: Content) -> bytes:
    needed = parquet_shape.footer_bytes(content.tail)
    if content.file is None or not len(content.tail) < needed <= min(content.size, _LARGEST_FOOTER):
        return content.tail
    content.file.seek(-needed, os.SEEK_END)
    return content.file.read(needed)


def _all(content: Content) -> BinaryIO:
    if content.file is None:
        raise UnknownContent(content.name, "of a binary format and was not given whole")
    content.file.seek(0)
    return content.file


def _xml(content: Content, encoding: Encoding, records: str) -> Recognised:
    declared = declared_encoding(content.head)
    if declared and encoding.name not in ("utf-8-sig", declared) and not encoding.name.startswith(("utf-16", "utf-32")):
        encoding = Encoding(declared, f"the XML says {declared}")
    text = content.head.decode(encoding.name, "ignore")
    shape = find_xml_shape(content.name, text, records, whole=content.whole)
    columns = xml_columns(text, shape.records)
    if content.whole and columns == (TEXT,) and not _TAG.sub("", text).strip():
        raise EmptyFile(content.name)
    why = (encoding.why, *shape.why)
    size = content.size
    return Recognised("xml", size, encoding=encoding.name, records=shape.records, columns=columns, why=why)


def _text(content: Content, records: str, *, lines_expected: bool) -> Recognised:
    name, head, size, whole = content.name, content.head, content.size, content.whole
    encoding = find_encoding(head, b"" if whole else content.tail)
    if encoding is None:
        raise UnknownContent(name, "binary, of no kind that is known here")
    text = head.decode(encoding.name, "ignore")
    if not text.strip():
        raise EmptyFile(name) if whole else UnknownContent(name, f"nothing but blanks in its first {len(head)} bytes")
    last = content.tail.decode(encoding.name.removesuffix("-sig"), "ignore")
    if is_xml(text):
        return _xml(content, encoding, records)
    if shape := find_json_shape(text, whole=whole, tail=last, lines_expected=lines_expected and not records):
        kind, why = shape
        path = find_records(name, text, records, whole=whole) if kind == "json" or records else RecordsPath("", "")
        reasons = (encoding.why, why, path.why) if path.why else (encoding.why, why)
        columns = json_columns(text, path.names)
        kind = "json" if path.names else kind
        return Recognised(kind, size, encoding=encoding.name, records=path.names, columns=columns, why=reasons)
    csv = csv_shape_like(content.alike, name, text, whole=whole, tail=last)
    return Recognised(
        "csv",
        size,
        encoding=encoding.name,
        **asdict(csv.dialect),
        skip=csv.skip,
        footer=csv.footer,
        header=csv.header,
        columns=csv.columns,
        why=(encoding.why, *csv.why),
    )
