"""Kafka topics as streams: those of a contract, and those that the MQTT bridge sends on to."""

from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.readwriter import DataStreamReader

from tidemill.contract import Contract
from tidemill.contract.sources import KafkaSource, MqttSource
from tidemill.sources.kafka import message_rows
from tidemill.sources.kafka.security import spark_options
from tidemill.sources.mqtt import forwarded_rows

# A micro-batch of so many messages takes seconds and holds tens of megabytes.
MESSAGES_PER_BATCH = 200_000


def kafka_messages(spark: SparkSession, contract: Contract, again: bool) -> DataFrame:
    """The messages of a contract's topic, or of the one that the bridge sends on to, as a stream.

    Args:
        spark: the session.
        contract: whose source they are.
        again: whether a stream without offsets begins at the topic's beginning, whatever the contract says.

    Returns:
        Rows in the layout of `formats.delivered`.
    """
    settings = contract.source
    if isinstance(settings, MqttSource):
        assert settings.kafka is not None  # noqa: S101
        forwarded = _stream(spark, {}, settings.kafka.servers, settings.kafka.topic)
        return forwarded_rows(forwarded.option("startingOffsets", "earliest").load(), contract)
    assert isinstance(settings, KafkaSource)  # noqa: S101
    messages = _stream(spark, spark_options(settings.security), settings.servers, settings.topic)
    start, refuses = "earliest" if again else settings.start, settings.on_loss == "refuse"
    return message_rows(messages.option("startingOffsets", start).option("failOnDataLoss", refuses).load(), contract)


def _stream(spark: SparkSession, security: Mapping[str, str], servers: str, topic: str) -> DataStreamReader:
    return (
        spark.readStream.format("kafka")
        .options(**security)
        .option("kafka.bootstrap.servers", servers)
        .option("kafka.isolation.level", "read_committed")
        .option("subscribe", topic)
        .option("maxOffsetsPerTrigger", MESSAGES_PER_BATCH)
        .option("includeHeaders", True)
    )
