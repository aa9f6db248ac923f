"""A Kafka source: from the offsets of the last slice to the newest there are, exactly."""

import json

import structlog
from pyspark.sql import DataFrame, SparkSession

from tidemill.contract import Contract
from tidemill.contract.sources import KafkaSource as Settings
from tidemill.formats import layout_schema
from tidemill.sources.kafka.messages import message_rows
from tidemill.sources.kafka.offsets import current_offsets
from tidemill.sources.kafka.ranges import RecordsLost, TopicRecreated, next_range, offsets_json, offsets_of
from tidemill.sources.kafka.security import spark_options
from tidemill.sources.messages import reading_of
from tidemill.sources.source import Json, Slice, Source

# Spark gives each partition of a topic one task; a long backlog is divided further.
_TASK_RECORDS = 1_000_000


class KafkaSource(Source):
    """The topic of a contract.

    Args:
        spark: the session.
        contract: whose source is of kind kafka.
        timeout: seconds that the brokers have for an answer about offsets.
    """

    def __init__(self, spark: SparkSession, contract: Contract, timeout: float = 30.0) -> None:
        assert isinstance(contract.source, Settings)  # noqa: S101
        self._spark = spark
        self._contract = contract
        self._settings = contract.source
        self._timeout = timeout
        reading_of(contract)  # a schema that cannot be used is told before anything is read

    def waiting(self, progress: Json | None) -> Slice | None:
        """What came since the progress; see `Source.waiting`.

        Returns:
            The slice, None where nothing came. One that holds no record is for its progress alone, which says from
            where the next goes on: the first with `start: latest`, and one where all that was waiting is lost.

        Raises:
            BrokersUnavailable, NoSuchTopic: the topic's offsets cannot be had.
            RecordsLost, TopicRecreated: records are gone that no run has taken, and `on_loss` is refuse.
        """
        now = current_offsets(self._settings, self._timeout)
        found = next_range(self._settings, progress, now)
        if found.lost:
            structlog.get_logger().warning("records_lost", topic=self._settings.topic, records=found.lost)
        same_topic = progress["topic_id"] == now.topic_id if progress else self._settings.start == "earliest"
        if not found.records and not found.lost and same_topic:
            return None
        taken = {
            "topic_id": now.topic_id,
            "first": offsets_json(found.first),
            "end": offsets_json(found.end),
            "lost": found.lost,
        }
        return Slice(taken, {"topic_id": now.topic_id, "offsets": taken["end"]}, unlisted=True)

    def rows(self, taken: Slice) -> DataFrame:
        """The messages of a slice; see `messages.message_rows`.

        Raises:
            RecordsLost, TopicRecreated: some of them are gone since.
            BrokersUnavailable, NoSuchTopic: as `waiting`.
        """
        settings = self._settings
        first, end = offsets_of(taken.range["first"]), offsets_of(taken.range["end"])
        fields = self._contract.delivered_names
        filled = {partition for partition in end if end[partition] > first[partition]}
        if not filled:
            return self._spark.createDataFrame([], layout_schema(fields))
        self._require_there(taken.range, {partition: first[partition] for partition in filled})
        records = sum(end[partition] - first[partition] for partition in filled)
        messages = (
            self._spark.read.format("kafka")
            .options(**spark_options(settings.security))
            .option("kafka.bootstrap.servers", settings.servers)
            .option("kafka.isolation.level", "read_committed")
            .option("assign", json.dumps({settings.topic: sorted(filled)}))
            .option("startingOffsets", _for_spark(settings.topic, first, filled))
            .option("endingOffsets", _for_spark(settings.topic, end, filled))
            .option("minPartitions", max(len(filled), records // _TASK_RECORDS))
            .option("includeHeaders", True)
            .option("failOnDataLoss", True)
            .load()
        )
        return message_rows(messages, self._contract)

    def release(self, taken: Slice) -> None:
        """Nothing is kept for a slice: the topic keeps its records."""

    def _require_there(self, range_: Json, first: dict[int, int]) -> None:
        now = current_offsets(self._settings, self._timeout)
        if now.topic_id != range_["topic_id"]:
            raise TopicRecreated(self._settings, "it has another id")
        lost = {place: now.oldest[place] - offset for place, offset in first.items() if now.oldest[place] > offset}
        if lost:
            raise RecordsLost(self._settings, lost)


def _for_spark(topic: str, offsets: dict[int, int], partitions: set[int]) -> str:
    return json.dumps({topic: {str(partition): offsets[partition] for partition in sorted(partitions)}})
