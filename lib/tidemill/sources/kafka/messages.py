"""Parse a topic's messages into bronze's layout: what the value holds, and what the broker knows of each."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.formats import layout_schema
from tidemill.formats.decoding import kept_text, readable
from tidemill.formats.header import unused_name
from tidemill.formats.json_records import taken
from tidemill.formats.json_text import DECODER, Number, json_text
from tidemill.formats.layout import Layout, Raw, Row
from tidemill.sources.kafka.avro_values import AvroDecoder

_COLUMNS = ("key", "value", "headers", "partition", "offset", "at")
_SURROGATE = re.compile("[\ud800-\udfff]")

# A value and what its own framing tells; None where it does not parse.
_Reader = Callable[[bytes], dict[str, Any] | None]


def message_rows(
    messages: DataFrame, fields: Mapping[str, str], kind: str, schema: Mapping[str, Any] | None, topic: str
) -> DataFrame:
    """The records of Kafka messages.

    Args:
        messages: of Spark's Kafka reader, with headers.
        fields: contract column name -> delivered name, as for `formats.delivered`; also `_key`, `_timestamp`,
            `_headers` (and `_headers.NAME`), `_partition`, `_offset`, `_tombstone`, `_schema_id`.
        kind: json, avro or text: what a value holds; a text is delivered as `value`.
        schema: for avro.
        topic: for `_source`.

    Returns:
        One row a message in the layout of `formats.delivered`. A message without value (a tombstone) is a record of
        `_key` and `_tombstone` alone. `_position` is partition and offset, 6 and 19 digits. Key, headers, timestamp and
        whatever else the contract does not name are in `_rescued`, also for a message that does not parse.
    """
    utc = F.to_utc_timestamp("timestamp", F.current_timezone())
    # A producer of old has no time, which Kafka writes as -1.
    at = F.when(F.unix_millis("timestamp") >= 0, F.date_format(utc, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"))
    columns = messages.select("key", "value", "headers", "partition", "offset", at.alias("at"))
    wanted, described = dict(fields), dict(schema) if schema else None

    def parse(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        read = _reader(kind, described)
        for batch in batches:
            yield from parsed_messages(batch, wanted, read, f"kafka://{topic}")

    return columns.mapInArrow(parse, layout_schema(fields))


def parsed_messages(
    batch: pa.RecordBatch, fields: Mapping[str, str], read: _Reader, source: str
) -> Iterator[pa.RecordBatch]:
    """Parse one batch of messages, without Spark; see `message_rows`."""
    layout = Layout(fields, source)
    rows: list[tuple[Row | Raw, str | None]] = []
    raws: list[tuple[Row | Raw, str | None]] = []
    for number, message in enumerate(zip(*(batch.column(name).to_pylist() for name in _COLUMNS), strict=True)):
        record, kept = _record(number, dict(zip(_COLUMNS, message, strict=True)), layout, read)
        (rows if isinstance(record, Row) else raws).append((record, kept))
    for records in (rows, raws):
        for part in layout.batches(record for record, _ in records):
            columns = dict(zip(part.schema.names, part.columns, strict=True))
            places = [_position(batch, record.position) for record, _ in records]
            columns["_position"] = pa.array(places, pa.string())
            if records is raws:
                columns["_rescued"] = pa.array([kept for _, kept in records], pa.string())
            yield pa.RecordBatch.from_arrays(list(columns.values()), schema=part.schema)


def _record(number: int, message: Mapping[str, Any], layout: Layout, read: _Reader) -> tuple[Row | Raw, str | None]:
    """A message's row, and for one that does not parse what the broker knows of it."""
    told = _told(message, layout.delivered)
    value = message["value"]
    content = {"_tombstone": True} if value is None else read(value)
    if content is not None:
        # Broker's names are the broker's: a member of the value that has one gets a number.
        own = {unused_name(name, told, content): member for name, member in content.items()}
        values, rescued = taken({**own, **told}, layout.delivered)
        if not any(_broken(field) for field in (*values, rescued)):
            return Row(number, values, rescued), None
    return Raw(number, kept_text(value or b"", "utf-8")), json_text(told) if told else None


def _told(message: Mapping[str, Any], delivered: Sequence[str]) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    for header in message["headers"] or ():
        name = unused_name(header["key"], headers)
        headers[name] = None if header["value"] is None else _text(header["value"])
    known = {
        "_key": None if message["key"] is None else _text(message["key"]),
        "_timestamp": message["at"],
        "_headers": headers or None,
        # Bronze's position has these two: they need not be rescued.
        "_partition": Number(message["partition"]) if "_partition" in delivered else None,
        "_offset": Number(message["offset"]) if "_offset" in delivered else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _reader(kind: str, schema: Mapping[str, Any] | None) -> _Reader:
    if kind == "text":
        return _read_text
    if kind == "json":
        return _read_json
    decoder = AvroDecoder(schema or {})

    def read_avro(value: bytes) -> dict[str, Any] | None:
        found = decoder.decode(value)
        if found is None or found.schema_id is None:
            return found.record if found else None
        return {**found.record, "_schema_id": Number(found.schema_id)}

    return read_avro


def _read_text(value: bytes) -> dict[str, Any]:
    return {"value": kept_text(value, "utf-8")}


def _read_json(value: bytes) -> dict[str, Any] | None:
    try:
        content = DECODER.decode(kept_text(value.removeprefix(b"\xef\xbb\xbf"), "utf-8"))
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _text(value: bytes) -> str:
    return readable(kept_text(value, "utf-8"))


def _broken(field: str | None) -> bool:
    return field is not None and not field.isascii() and _SURROGATE.search(field) is not None


def _position(batch: pa.RecordBatch, row: int) -> str:
    return f"{batch.column('partition')[row].as_py():06d}-{batch.column('offset')[row].as_py():019d}"
