"""Parse a topic's messages into bronze's layout: what the value holds, and what the broker knows of each."""

from collections.abc import Collection, Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.contract.sources import KafkaSource as Settings
from tidemill.formats import layout_schema
from tidemill.formats.decoding import kept_text, readable
from tidemill.formats.header import unused_name
from tidemill.formats.json_text import Number
from tidemill.sources.messages import Messages, Objects, Parser, Texts, Told, reading_of


def message_rows(messages: DataFrame, contract: Contract) -> DataFrame:
    """The records of Kafka messages, of a batch or of a stream's micro-batch.

    Args:
        messages: of Spark's Kafka reader: key, value, partition, offset, timestamp, and headers where it was asked for
            them (`includeHeaders`).
        contract: whose source is of kind kafka. Its columns may also be read from `_key`, `_timestamp`, `_headers` (and
            `_headers.NAME`), `_partition`, `_offset`, `_tombstone`, `_schema_id`.

    Returns:
        The rows in the layout of `formats.delivered`: one a message, several where it is an array or `stream.unpivot`
        says so. A message without value (a tombstone) is a record of `_key` and `_tombstone` alone. `_position` is
        partition and offset, 6 and 19 digits, and behind them the number of the record in its message, from 1, 4 or
        more digits, where it has several. Key, headers, timestamp and whatever else the contract does not name are in
        `_rescued`, also for a message that does not parse.

    Raises:
        WrongSchema: the contract's Avro schema cannot be used.
    """
    assert isinstance(contract.source, Settings)  # noqa: S101
    utc = F.to_utc_timestamp("timestamp", F.current_timezone())
    # A producer of old has no time, which Kafka writes as -1.
    at = F.when(F.unix_millis("timestamp") >= 0, F.date_format(utc, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"))
    own = [name for name in ("key", "value", "headers", "partition", "offset") if name in messages.columns]
    reading, source = reading_of(contract), f"kafka://{contract.source.topic}"

    def parse(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parser = Parser(reading)
        delivered = frozenset(reading.fields.values())
        for batch in batches:
            yield from parser.batches(kafka_messages(batch, delivered, source))

    return messages.select(*own, at.alias("at")).mapInArrow(parse, layout_schema(reading.fields))


def kafka_messages(batch: pa.RecordBatch, delivered: Collection[str], source: str) -> Messages:
    """A batch of Kafka's columns as messages.

    Args:
        batch: key, value, partition, offset, at (text), and maybe headers.
        delivered: the names that the contract reads.
        source: for `_source`.
    """
    known: dict[str, Texts | Objects] = {}
    if batch.column("key").null_count < len(batch):
        known["_key"] = Texts(_readable(batch.column("key")))
    if batch.column("at").null_count < len(batch):
        known["_timestamp"] = Texts(batch.column("at"))
    if "headers" in batch.schema.names and batch.column("headers").null_count < len(batch):
        known["_headers"] = Objects([_headers(each) for each in batch.column("headers").to_pylist()])
    # Bronze's position has these two: they need not be rescued.
    for name in ("partition", "offset"):
        if f"_{name}" in delivered:
            known[f"_{name}"] = Texts(batch.column(name).cast(pa.string()), Number)
    return Messages(batch.column("value"), positions_of(batch), Told(known), source)


def positions_of(batch: pa.RecordBatch) -> pa.Array:
    """Partition and offset of each message, as text that sorts as they do."""
    padded = [
        pc.utf8_lpad(batch.column(name).cast(pa.string()), width, "0")
        for name, width in (("partition", 6), ("offset", 19))
    ]
    return pc.binary_join_element_wise(*padded, "-")


def _readable(keys: pa.Array) -> pa.Array:
    try:
        return keys.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if key is None else _text(key) for key in keys.to_pylist()], pa.string())


def _headers(given: list[dict[str, bytes | str | None]] | None) -> dict[str, str | None] | None:
    headers: dict[str, str | None] = {}
    for header in given or ():
        value = header["value"]
        headers[unused_name(str(header["key"]), headers)] = None if value is None else _text(value)  # type: ignore[arg-type]
    return headers or None


def _text(value: bytes) -> str:
    return readable(kept_text(value, "utf-8"))
