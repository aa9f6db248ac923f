"""Kafka topics as streams: those of a contract, and those that the MQTT bridge sends on to."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from tidemill.contract import Contract
from tidemill.contract.sources import KafkaSource, MqttSource
from tidemill.errors import RunFailed
from tidemill.sources.kafka import message_rows
from tidemill.sources.kafka.offsets import Offsets, current_offsets
from tidemill.sources.kafka.ranges import offsets_of
from tidemill.sources.kafka.security import spark_options
from tidemill.sources.mqtt import forwarded_rows

# A micro-batch of so many messages takes seconds and holds tens of megabytes.
MESSAGES_PER_BATCH = 200_000
# How long the brokers have for an answer before a stream begins.
ANSWER_SECONDS = 30.0


class MessagesGone(RunFailed):
    """The topic no longer has all that the stream has not taken."""

    def __init__(self, contract: Contract, gone: Sequence[str]) -> None:
        report = ", or set on_loss: report under source" if isinstance(contract.source, KafkaSource) else ""
        super().__init__(
            f"{contract.name}: kafka topic '{topic_of(contract).topic}' has no longer all that the stream did not take "
            f"({'; '.join(gone)}). Its retention removed messages, or it was created again. To go on with what it has: "
            f"stream.py --dataset {contract.name} --restart, which takes nothing twice that silver has{report}."
        )


def topic_of(contract: Contract) -> KafkaSource:
    """The topic that a contract's messages are in: its own, or the one that the bridge sends on to."""
    settings = contract.source
    if isinstance(settings, MqttSource):
        to = settings.kafka
        assert to is not None  # noqa: S101
        return KafkaSource(kind="kafka", servers=to.servers, topic=to.topic, security=to.security)
    assert isinstance(settings, KafkaSource)  # noqa: S101
    return settings


def kafka_messages(spark: SparkSession, contract: Contract, again: bool) -> DataFrame:
    """The messages of a contract's topic, or of the one that the bridge sends on to, as a stream.

    Args:
        spark: the session.
        contract: whose source they are.
        again: whether a stream without offsets begins at the topic's beginning, whatever the contract says.

    Returns:
        Rows in the layout of `formats.delivered`.
    """
    settings = topic_of(contract)
    messages = (
        spark.readStream.format("kafka")
        .options(**spark_options(settings.security))
        .option("kafka.bootstrap.servers", settings.servers)
        .option("kafka.isolation.level", "read_committed")
        .option("subscribe", settings.topic)
        .option("startingOffsets", "earliest" if again else settings.start)
        .option("failOnDataLoss", settings.on_loss == "refuse")
        .option("maxOffsetsPerTrigger", MESSAGES_PER_BATCH)
        .option("includeHeaders", True)
        .load()
    )
    return forwarded_rows(messages, contract) if contract.source.kind == "mqtt" else message_rows(messages, contract)


def require_messages(contract: Contract, taken: str | None) -> None:
    """See that the brokers have the topic, and in it all that the stream has not taken.

    Args:
        contract: whose source it is.
        taken: up to which offsets the stream has taken it, as JSON by topic and partition; None: nothing.

    Raises:
        BrokersUnavailable, NoSuchTopic: the topic cannot be asked for.
        MessagesGone: some of it is gone, and the contract does not say that this is only to be reported.
    """
    settings = topic_of(contract)
    now = current_offsets(settings, ANSWER_SECONDS)
    places = json.loads(taken or "{}").get(settings.topic)
    gone = _gone(offsets_of(places), now) if places else []
    if gone and settings.on_loss == "refuse":
        raise MessagesGone(contract, gone)
    if gone:
        structlog.get_logger().warning("records_lost", topic=settings.topic, where="; ".join(gone))


def _gone(taken: Mapping[int, int], now: Offsets) -> list[str]:
    found = []
    for partition in sorted({*taken, *now.newest}):
        offset = taken.get(partition, 0)
        if partition not in now.newest:
            found.append(f"partition {partition} is no more")
        elif now.oldest[partition] > offset:
            found.append(f"partition {partition} begins at {now.oldest[partition]}, and was taken up to {offset}")
        elif now.newest[partition] < offset:
            found.append(f"partition {partition} ends at {now.newest[partition]}, and was taken up to {offset}")
    return found


def messages_waiting(query: StreamingQuery) -> int:
    """How many messages a query had not taken with its last trigger; 0 where that is not told."""
    sources = (query.lastProgress or {}).get("sources", ())
    return sum(_waiting(source.get("latestOffset"), source.get("endOffset")) for source in sources)


def _waiting(latest: Any, taken: Any) -> int:
    if not isinstance(latest, dict) or not isinstance(taken, dict):
        return 0
    return sum(
        int(offset) - int(taken.get(topic, {}).get(place, 0))
        for topic, places in latest.items()
        for place, offset in places.items()
    )
