"""Read the spool: segments that Structured Streaming has found become bronze's rows."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame

from tidemill.contract import Contract
from tidemill.contract.sources import MqttSource
from tidemill.formats import layout_schema
from tidemill.formats.location import open_file
from tidemill.sources.messages import Messages, Parser, Told, reading_of
from tidemill.sources.mqtt.records import batch_of
from tidemill.sources.mqtt.segments import number_of
from tidemill.sources.mqtt.topics import Topics, source_name, topic_text

SEGMENTS_PER_BATCH = 64
"""`maxFilesPerTrigger` for a stream: 256 MiB of what was waiting at most; a segment is mostly half a second long."""


def spool_rows(segments: DataFrame, contract: Contract) -> DataFrame:
    """The records of spooled messages, of a batch or of a stream's micro-batch.

    Args:
        segments: one row a segment, its path or URI in the column `path`, as Spark's `binaryFile` source lists the
            folder `${spool}/DATASET` (whose `content` need not be read); what is being written is hidden from it.
        contract: whose source is of kind mqtt. Its columns may also be read from the topic's named levels, `_topic`,
            `_received_at` (UTC), `_retained`, and `_headers` (and `_headers.NAME`), the sender's properties.

    Returns:
        The rows in the layout of `formats.delivered`, as `kafka.message_rows` gives them. `_source` is the broker and
        the topic filter. `_position` is the segment's number, 15 digits, and the record's in it, 9, and behind them the
        number of the record in its message where it has several. The end of a segment that cannot be read, which is a
        fault of the disk, is one row of it in `_raw`.

    Raises:
        WrongSchema: the contract's Avro schema cannot be used.
    """
    assert isinstance(contract.source, MqttSource)  # noqa: S101
    reading, settings = reading_of(contract), contract.source

    def parse(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parser, topics = Parser(reading), Topics(settings, frozenset(reading.fields.values()))
        damaged = Parser(reading.unreadable)
        for batch in batches:
            for path in batch.column(0).to_pylist():
                with open_file(path) as file:
                    content = file.read()
                good, bad = segment_messages(content, number_of(path), topics, source_name(settings))
                yield from parser.batches(good)
                if bad:
                    yield from damaged.batches(bad)

    return segments.select("path").mapInArrow(parse, layout_schema(reading.fields))


def segment_messages(content: bytes, number: str, topics: Topics, source: str) -> tuple[Messages, Messages | None]:
    """The messages of a segment, and its end where that cannot be read.

    Args:
        content: of the segment.
        number: its own, in digits.
        topics: of the contract.
        source: for `_source`.
    """
    batch = batch_of(content)
    count = len(batch.ends)
    positions = pa.array([f"{number}-{place:09d}" for place in range(1, count + 2)], pa.string())
    texts = {topic: topic_text(topic) for topic in set(batch.topics)}
    told = topics.told(batch.received, [texts[topic] for topic in batch.topics], batch.retained, batch.properties)
    good = Messages(pa.array(batch.payloads, pa.binary()), positions[:count], told, source)
    if batch.whole == len(content):
        return good, None
    return good, Messages(pa.array([content[batch.whole :]]), positions[count:], Told({}), source)
