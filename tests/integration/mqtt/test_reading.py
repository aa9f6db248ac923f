"""The spool and a forwarded topic as a stream reads them."""

import json

import pytest

from tests.services.kafka import Kafka
from tests.waiting import until
from tidemill.contract import Contract
from tidemill.sources.kafka import message_rows
from tidemill.sources.mqtt import SEGMENTS_PER_BATCH, forwarded_rows, release, spool_rows
from tidemill.sources.mqtt.records import Message
from tidemill.sources.mqtt.segments import segments_in
from tidemill.sources.mqtt.sinks import Receipt
from tidemill.sources.mqtt.spool import Spool

COLUMNS = {"station": {"type": "string"}, "value": {"type": "double"}}


def contract(**source):
    return Contract.model_validate(
        {"name": "readings", "version": 1, "mode": "stream", "source": source, "columns": COLUMNS}
    )


def spooled(folder, *numbers):
    spool = Spool(folder, 1, 100)
    for number in numbers:
        spool.add(Message(number, b"site/s%d" % number, False, b"", b'{"value": %d.50}' % number), Receipt(1, 1))
    spool.close()


def taken(spark, folder, checkpoint, own):
    """What a stream over the folder gives now, and the segments that it came from."""
    rows, segments = [], []

    def take(batch, _):
        segments.extend(row["path"] for row in batch.select("path").collect())
        rows.extend(spool_rows(batch, own).collect())

    found = (
        spark.readStream.format("binaryFile")
        .schema("path string, modificationTime timestamp, length bigint, content binary")
        .option("maxFilesPerTrigger", SEGMENTS_PER_BATCH)
        .load(str(folder))
    )
    writer = found.select("path").writeStream.foreachBatch(take).option("checkpointLocation", str(checkpoint))
    writer.trigger(availableNow=True).start().awaitTermination()
    return sorted((row["station"], row["value"]) for row in rows), segments


def test_a_stream_reads_each_complete_segment_once_and_lets_go_of_it(spark, tmp_path):
    own = contract(kind="mqtt", url="mqtt://broker", topic="site/+station")
    folder = tmp_path / "readings"
    spooled(folder, 1, 2)
    (folder / ".segment-000000000000001.mqtt").write_bytes(b"being written")
    first, segments = taken(spark, folder, tmp_path / "checkpoint", own)
    spooled(folder, 3)
    second, others = taken(spark, folder, tmp_path / "checkpoint", own)

    assert (first, second) == ([("s1", "1.50"), ("s2", "2.50")], [("s3", "3.50")])
    assert release(str(tmp_path), "readings", [*segments, *others]) == 2
    assert segments_in(folder) == []


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    broker = Kafka(tmp_path_factory.mktemp("kafka")).start()
    yield broker
    broker.stop()


def read(spark, kafka, topic):
    options = {"kafka.bootstrap.servers": kafka.servers, "subscribe": topic, "includeHeaders": "true"}
    return spark.readStream.format("kafka").options(**options, startingOffsets="earliest").load()


def streamed(messages, parse):
    rows = []
    writer = messages.writeStream.foreachBatch(lambda batch, _: rows.extend(parse(batch).collect()))
    writer.trigger(availableNow=True).start().awaitTermination()
    return sorted(rows, key=lambda row: row["_position"])


def test_what_was_sent_on_to_kafka_is_read_as_if_it_came_from_the_spool(spark, bridge, mosquitto, kafka):
    topic = kafka.topic("onward")
    collecting = bridge()
    collecting.contract["source"]["kafka"] = {"servers": kafka.servers, "topic": topic}
    collecting.write()
    collecting.start()
    mosquitto.send([(f"{collecting.topic}/bonn", '{"value": 1.50}')], sent={"unit": "C"})
    until(lambda: kafka.size(topic) == 1)
    own = Contract.model_validate({**collecting.contract, "columns": COLUMNS})

    (row,) = streamed(read(spark, kafka, topic), lambda batch: forwarded_rows(batch, own))

    assert (row["station"], row["value"], row["_position"]) == ("bonn", "1.50", f"{0:06d}-{0:019d}")
    assert row["_source"] == f"{own.source.url}/{own.source.topic}"
    rescued = json.loads(row["_rescued"])
    assert (rescued["_topic"], rescued["_headers"]) == (f"{collecting.topic}/bonn", {"unit": "C"})


def test_a_micro_batch_of_kafka_gives_a_row_for_each_reading(spark, kafka):
    topic = kafka.topic("arrays")
    kafka.send(topic, '[{"station": "a", "value": 1}, {"station": "b", "value": 2}]', '{"station": "c"}')
    own = contract(kind="kafka", servers=kafka.servers, topic=topic)

    rows = streamed(read(spark, kafka, topic), lambda batch: message_rows(batch, own))

    assert [(row["station"], row["value"], row["_position"][26:]) for row in rows] == [
        ("a", "1", "-0001"),
        ("b", "2", "-0002"),
        ("c", None, ""),
    ]
