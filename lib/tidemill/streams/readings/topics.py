"""Kafka topics as streams: those of a contract, and those that the MQTT bridge sends on to."""

from pyspark.sql import DataFrame, SparkSession

from tidemill.contract import Contract
from tidemill.contract.sources import KafkaSource, MqttSource
from tidemill.sources.kafka import message_rows
from tidemill.sources.kafka.security import spark_options
from tidemill.sources.mqtt import forwarded_rows

# A micro-batch of so many messages takes seconds and holds tens of megabytes.
MESSAGES_PER_BATCH = 200_000


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
