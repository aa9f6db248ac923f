"""Parse an Avro file into bronze's layout."""

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import fastavro
import pyarrow as pa

from tidemill.formats.avro_blocks import DAMAGE, AvroHeader, Block, DamagedAvro, avro_blocks, avro_header
from tidemill.formats.json_records import taken
from tidemill.formats.json_text import json_text
from tidemill.formats.layout import Layout, Raw, Row
from tidemill.formats.plain_values import plain
from tidemill.formats.recognised import Recognised

# The one column of a file whose records are no records: a number, a text.
_VALUE = "value"


def avro_columns(file: BinaryIO, uri: str) -> tuple[Sequence[str], Sequence[str], str]:
    """Read an Avro file's columns, their types as its schema states them, and its codec.

    Raises:
        RunFailed: as `avro_blocks.avro_header`.
    """
    header = avro_header(file, uri)
    schema = header.schema
    fields = schema["fields"] if _is_record(schema) else [{"name": _VALUE, "type": schema}]
    return [field["name"] for field in fields], [_spoken(field["type"]) for field in fields], header.codec


def avro_batches(file: BinaryIO, recognised: Recognised, layout: Layout, path: str) -> Iterator[pa.RecordBatch]:
    """Parse an Avro file. The position of a record is its number, counted from 1.

    A record whose bytes are whole and which holds what is no value - a text that does not decode, a date beyond the
    year 9999 - did not parse; it is kept with its numbers as they are stored.

    Args:
        file: open at its beginning.
        recognised: that it is Avro.
        layout: what to build.
        path: the file, for messages.

    Raises:
        DamagedAvro: a block cannot be read.
    """
    header = avro_header(file, path)
    records = _AvroRecords(header, path)
    for block in avro_blocks(file, header, path):
        yield from layout.batches(records.read(block, layout))


class _AvroRecords:
    """Decodes the records of one file's blocks."""

    def __init__(self, header: AvroHeader, path: str) -> None:
        self._schema = header.schema
        self._stored = fastavro.parse_schema(_without_meaning(header.schema))
        self._path = path
        # As the items of one array, records are read several times as quickly as one by one.
        self._array = fastavro.parse_schema({"type": "array", "items": header.schema})

    def read(self, block: Block, layout: Layout) -> Iterator[Row | Raw]:
        position = block.first
        for record in self._records(block):
            if isinstance(record, Raw):
                yield record
            else:
                values = plain(record) if isinstance(record, dict) else {_VALUE: plain(record)}
                yield Row(position, *taken(values, layout.delivered))
            position += 1

    def _records(self, block: Block) -> Iterator[Any]:
        source = io.BytesIO(b"".join((_long(block.records), block.data, _long(0))))
        try:
            records: Any = fastavro.schemaless_reader(source, self._array, None) if block.records else []
        except (*DAMAGE, RecursionError):
            return self._one_by_one(block)
        # What is left over shows that the records are not what the schema says.
        whole = len(records) == block.records and source.tell() == len(source.getvalue())
        return iter(records) if whole else self._one_by_one(block)

    def _one_by_one(self, block: Block) -> Iterator[Any]:
        source = io.BytesIO(block.data)
        for position in range(block.first, block.first + block.records):
            start = source.tell()
            try:
                yield fastavro.schemaless_reader(source, self._schema, None)
            except (*DAMAGE, RecursionError):
                source.seek(start)
                yield Raw(position, self._as_stored(source, position))
        if source.read(1):
            raise DamagedAvro(self._path, f"bytes are left over behind record {block.first + block.records - 1}")

    def _as_stored(self, source: io.BytesIO, position: int) -> str:
        try:
            record = fastavro.schemaless_reader(source, self._stored, None, handle_unicode_errors="backslashreplace")
        except (*DAMAGE, RecursionError):
            raise DamagedAvro(self._path, f"record {position} cannot be read") from None
        return json_text(plain(record))


def _is_record(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "record"


def _spoken(kind: Any) -> str:
    return kind if isinstance(kind, str) else json.dumps(kind, default=str)


def _without_meaning(schema: Any) -> Any:
    """The schema without its logical types: numbers and bytes as they are stored."""
    if isinstance(schema, list):
        return [_without_meaning(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: value for name, value in schema.items() if name != "logicalType" and not name.startswith("__")}
    return {
        name: _without_meaning(value) if name in ("type", "items", "values", "fields") else value
        for name, value in kept.items()
    }


def _long(value: int) -> bytes:
    written = io.BytesIO()
    fastavro.schemaless_writer(written, "long", value)
    return written.getvalue()
