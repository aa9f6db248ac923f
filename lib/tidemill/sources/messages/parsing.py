"""Parse messages into bronze's layout: what their values hold, and what their carrier knows of each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tidemill.contract import Contract
from tidemill.contract.sources import KafkaSource, MqttSource
from tidemill.formats.decoding import readable
from tidemill.formats.header import unused_name
from tidemill.formats.json_records import taken
from tidemill.formats.layout import RECORD_COLUMNS
from tidemill.sources.messages.avro_values import schema_of
from tidemill.sources.messages.flat import flat_records
from tidemill.sources.messages.payloads import Kind, Piece, reader_of
from tidemill.sources.messages.skeletons import Match, Skeletons
from tidemill.sources.messages.told import Told, joined, way
from tidemill.sources.messages.unpivoting import Record, Unpivot, unpivot_of

# An Arrow column of texts holds less than 2 GiB, and a worker has to hold what it parses.
_MOST_BYTES = 32 << 20
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Reading:
    """How the messages of a contract are read; what executors are given.

    Attributes:
        fields: contract column name -> delivered name.
        kind: what a value holds.
        schema: for avro.
        places: for csv, the names of a line's places.
        unpivot: which members are readings of their own.
    """

    fields: Mapping[str, str]
    kind: Kind = "json"
    schema: Mapping[str, Any] | None = None
    places: tuple[str, ...] = ()
    unpivot: Unpivot = field(default_factory=Unpivot)

    @property
    def unreadable(self) -> "Reading":
        """The same columns for what is no message at all: it goes to `_raw`."""
        return Reading(self.fields, "unreadable")


def reading_of(contract: Contract) -> Reading:
    """How the messages of a contract are read.

    Raises:
        WrongSchema: the contract's Avro schema cannot be used.
    """
    source = contract.source
    assert isinstance(source, KafkaSource | MqttSource)  # noqa: S101
    schema = schema_of(source.avro_schema) if source.avro_schema else None
    return Reading(contract.delivered_names, source.value, schema, source.fields, unpivot_of(contract))


class Messages(NamedTuple):
    """A batch of messages.

    Attributes:
        values: binary array, null where a message has no value.
        positions: string array: where each stands in its source.
        told: what their carrier knows.
        source: all theirs.
    """

    values: pa.Array
    positions: pa.Array
    told: Told
    source: str


class Parser:
    """Parses batch after batch, and remembers what messages look like.

    Args:
        reading: how.
        exact: whether each message is decoded by itself; else flat JSON objects are read by the thousand, with the same
            result.
    """

    def __init__(self, reading: Reading, *, exact: bool = False) -> None:
        self._delivered = tuple(reading.fields.values())
        self._unpivot = reading.unpivot
        self._names = [*reading.fields, *RECORD_COLUMNS]
        self._read = reader_of(reading.kind, reading.schema, reading.places)
        columns = {*self._delivered, *reading.unpivot.names}
        self._skeletons = None if exact or reading.kind != "json" else Skeletons(columns)

    def batches(self, messages: Messages) -> Iterator[pa.RecordBatch]:
        """The records of messages, in no order.

        A message that does not parse is a record with its text in `_raw`, and so is an element of an array that is no
        object. Where a message is several records, the number of each, from 1, is behind its position (`-0001`).

        Yields:
            Batches in the layout of `formats.delivered`, none of them empty.
        """
        for part in _bounded(messages):
            yield from self._batches(part)

    def _batches(self, messages: Messages) -> Iterator[pa.RecordBatch]:
        left: Sequence[int] = range(len(messages.values))
        if self._skeletons is not None:
            left = []
            numbers = pa.array(range(len(messages.values)), pa.int64())
            for found in self._skeletons.matches(_texts(messages.values), numbers):
                flat = None
                if isinstance(found, Match):
                    flat = flat_records(found, messages.told, self._delivered, self._unpivot)
                for each in flat or ():
                    columns = [*each.columns, each.rescued, pa.nulls(len(each.numbers), pa.string())]
                    places = messages.positions.take(each.numbers)
                    yield self._batch(columns, joined(places, f"-{each.part:04d}") if each.part else places, messages)
                if flat is None:
                    left += (found.numbers if isinstance(found, Match) else found).to_pylist()
        yield from self._decoded(messages, left)

    def _decoded(self, messages: Messages, numbers: Sequence[int]) -> Iterator[pa.RecordBatch]:
        rows = _Rows()
        for number in numbers:
            value = messages.values[number].as_py()
            pieces = [Piece({"_tombstone": True}, "")] if value is None else self._read(value)
            records = [(piece, one) for piece in pieces for one in self._records(piece)]
            place = messages.positions[number].as_py()
            for part, (piece, record) in enumerate(records, start=1):
                self._add(rows, messages.told, number, piece, record)
                rows.positions.append(f"{place}-{part:04d}" if len(records) > 1 else place)
                if rows.size > _MOST_BYTES:
                    yield self._gathered(rows, messages)
                    rows = _Rows()
        if rows.positions:
            yield self._gathered(rows, messages)

    def _records(self, piece: Piece) -> Sequence[Record | None]:
        return [None] if piece.content is None else self._unpivot.records(piece.content)

    def _add(self, rows: "_Rows", told: Told, number: int, piece: Piece, record: Record | None) -> None:
        fields = self._fields(told.of(number), record) if record else None
        if fields is None:
            # Nothing that was known of it is a column's: the row is to be looked at as it came.
            fields = [*(None for _ in self._delivered), told.json(number), readable(piece.text).rstrip("\r\n")]
        rows.fields.append(fields)
        rows.size += sum(len(one) for one in fields if one)

    def _fields(self, known: Mapping[str, Any], record: Record) -> list[str | None] | None:
        """The columns up to `_raw`; None where a text is in it that no column can hold."""
        content = record.content
        around = {way(name, record.claimed, content): value for name, value in known.items()} if known else {}
        # Broker's names are the broker's: a member of the value that has one gets a number.
        own = {unused_name(name, around, content): member for name, member in content.items()}
        try:
            values, rescued = taken({**own, **around}, self._delivered)
        except RecursionError:  # it was decoded by C, which goes deeper
            return None
        return None if any(_broken(one) for one in (*values, rescued)) else [*values, rescued, None]

    def _gathered(self, rows: "_Rows", messages: Messages) -> pa.RecordBatch:
        columns = [pa.array(column, pa.string()) for column in zip(*rows.fields, strict=True)]
        return self._batch(columns, pa.array(rows.positions, pa.string()), messages)

    def _batch(self, columns: Sequence[pa.Array], positions: pa.Array, messages: Messages) -> pa.RecordBatch:
        source = pa.repeat(pa.scalar(messages.source, pa.string()), len(positions))
        return pa.RecordBatch.from_arrays([*columns, source, positions], names=self._names)


class _Rows:
    """Records on their way into a batch: their fields up to `_raw`, their positions, and characters in all."""

    def __init__(self) -> None:
        self.fields: list[list[str | None]] = []
        self.positions: list[str] = []
        self.size = 0


def _bounded(messages: Messages) -> Iterator[Messages]:
    """The same messages in parts that a worker can hold several times."""
    values = messages.values
    if values.nbytes <= _MOST_BYTES:
        yield messages
        return
    sizes = pc.fill_null(pc.binary_length(values), 0).to_pylist()
    start = size = 0
    for number, one in enumerate(sizes):
        if number > start and size + one > _MOST_BYTES:
            yield _part(messages, start, number)
            start, size = number, 0
        size += one
    yield _part(messages, start, len(sizes))


def _part(messages: Messages, start: int, end: int) -> Messages:
    places = messages.positions[start:end]
    return Messages(messages.values[start:end], places, messages.told.part(start, end), messages.source)


def _texts(values: pa.Array) -> pa.Array:
    """The values as texts, null where one is no UTF-8."""
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([_text(value) for value in values.to_pylist()], pa.string())


def _text(value: bytes | None) -> str | None:
    try:
        return value.decode("utf-8") if value is not None else None
    except UnicodeDecodeError:
        return None


def _broken(field_: str | None) -> bool:
    return field_ is not None and not field_.isascii() and _SURROGATE.search(field_) is not None
