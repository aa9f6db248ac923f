"""Send messages on to Kafka, and read them from there as if they came from the spool."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import structlog
from confluent_kafka import KafkaError, KafkaException, Producer
from pyspark.sql import DataFrame

from tidemill.contract import Contract
from tidemill.contract.sources import MqttSource
from tidemill.contract.sources.mqtt import Forward
from tidemill.errors import RunFailed
from tidemill.formats import layout_schema
from tidemill.sources.kafka.messages import positions_of
from tidemill.sources.kafka.security import client_settings
from tidemill.sources.messages import Messages, Parser, reading_of
from tidemill.sources.mqtt.records import Message
from tidemill.sources.mqtt.sinks import Receipt
from tidemill.sources.mqtt.topics import Topics, source_name, topic_text

_TOPIC, _RECEIVED, _RETAINED, _PROPERTIES = "mqtt.topic", "mqtt.received", "mqtt.retained", "mqtt.properties"
# Beyond what any broker takes: which message is too large is the topic's to say.
_LARGEST = 1_000_000_000
_CLOSE_SECONDS = 20


class KafkaRefuses(RunFailed):
    """Kafka will not take a message until something is mended."""

    def __init__(self, forward: Forward, message: Message, error: KafkaError) -> None:
        mend = "the topic (max.message.bytes) or this user's rights"
        if error.code() == KafkaError.INVALID_TIMESTAMP:
            mend = "this machine's clock, which is more than an hour ahead of Kafka's (message.timestamp.after.max.ms)"
        super().__init__(
            f"kafka {forward.servers}: topic '{forward.topic}' refuses a message of {len(message.payload)} bytes from "
            f"{topic_text(message.topic)}: {error.str()}. Mend {mend}; it is not acknowledged, and the MQTT broker has "
            "it and all behind it."
        )


class KafkaSink:
    """Confirms what Kafka has on all replicas; what it cannot take now waits, and so does the MQTT broker.

    Args:
        forward: the topic.
        in_flight: how many messages the MQTT broker sends without an answer.

    Raises:
        MissingSecret, MissingCertificates: as `client_settings`.
    """

    def __init__(self, forward: Forward, in_flight: int) -> None:
        self._forward, self._in_flight = forward, in_flight
        self._log = structlog.get_logger()
        self._safe: list[Receipt] = []
        self._pending = 0
        self._refused: KafkaRefuses | None = None
        self._down = False
        self._producer = Producer(
            {
                "bootstrap.servers": forward.servers,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 5,
                # Tried for ever: while Kafka is away, the MQTT broker keeps what was not acknowledged.
                "message.timeout.ms": 0,
                "message.max.bytes": _LARGEST,
                "queue.buffering.max.kbytes": 2_000_000,
                "queue.buffering.max.messages": 0,
                "error_cb": self._troubled,
                "log_level": 0,
                **client_settings(forward.security),
            }
        )

    @property
    def pending(self) -> int:
        """As `Sink.pending`."""
        return self._pending

    @property
    def laden(self) -> bool:
        """As `Sink.laden`: what comes without an acknowledgement must not fill the memory while Kafka is away."""
        return self._pending > 2 * self._in_flight

    def figures(self) -> dict[str, float]:
        """Messages that Kafka has not confirmed."""
        return {"unconfirmed": self._pending}

    def add(self, message: Message, receipt: Receipt) -> None:
        """As `Sink.add`."""
        headers: list[tuple[str, bytes]] = [(_TOPIC, message.topic), (_RECEIVED, str(message.received).encode())]
        if message.retained:
            headers.append((_RETAINED, b"true"))
        if message.properties:
            headers.append((_PROPERTIES, message.properties))

        def confirmed(error: KafkaError | None, _: Any) -> None:
            self._pending -= 1
            if error is None:
                self._down = False
                self._safe.append(receipt)
            else:
                self._refused = self._refused or KafkaRefuses(self._forward, message, error)

        self._pending += 1
        try:
            self._producer.produce(
                self._forward.topic, message.payload, message.topic, headers=headers, on_delivery=confirmed
            )
        except KafkaException as error:
            self._pending -= 1
            self._refused = self._refused or KafkaRefuses(self._forward, message, error.args[0])

    def settle(self, *, idle: bool) -> list[Receipt]:
        """As `Sink.settle`.

        Raises:
            KafkaRefuses: a message will never be taken.
        """
        self._producer.poll(0.005 if idle and self._pending else 0)
        safe, self._safe = self._safe, []
        if self._refused and not safe:
            raise self._refused
        return safe

    def close(self) -> list[Receipt]:
        """As `Sink.close`; what Kafka does not confirm within 20 seconds stays with the MQTT broker."""
        self._producer.flush(_CLOSE_SECONDS)
        safe, self._safe = self._safe, []
        return safe

    def _troubled(self, error: KafkaError) -> None:
        if not self._down:
            self._down = True
            self._log.warning("kafka_away", problem=error.str(), waiting="for Kafka; the MQTT broker keeps the rest")


def forwarded_rows(messages: DataFrame, contract: Contract) -> DataFrame:
    """The records of MQTT messages that the bridge sent on to Kafka, of a batch or of a stream's micro-batch.

    Args:
        messages: of Spark's Kafka reader with `includeHeaders`.
        contract: whose source is of kind mqtt, with `kafka`.

    Returns:
        As `spool_rows`, but for `_position`, which is as in `kafka.message_rows`.

    Raises:
        WrongSchema: the contract's Avro schema cannot be used.
    """
    assert isinstance(contract.source, MqttSource)  # noqa: S101
    reading, settings = reading_of(contract), contract.source

    def parse(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parser, topics = Parser(reading), Topics(settings, frozenset(reading.fields.values()))
        for batch in batches:
            yield from parser.batches(_messages(batch, topics, source_name(settings)))

    columns = messages.select("value", "headers", "partition", "offset")
    return columns.mapInArrow(parse, layout_schema(reading.fields))


def _messages(batch: pa.RecordBatch, topics: Topics, source: str) -> Messages:
    headers = [_by_name(each) for each in batch.column("headers").to_pylist()]
    told = topics.told(
        [int(each[_RECEIVED]) if _RECEIVED in each else None for each in headers],
        [topic_text(each[_TOPIC]) if _TOPIC in each else None for each in headers],
        [_RETAINED in each for each in headers],
        [each.get(_PROPERTIES, b"") for each in headers],
    )
    return Messages(batch.column("value"), positions_of(batch), told, source)


def _by_name(headers: Iterable[Mapping[str, Any]] | None) -> dict[str, bytes]:
    return {header["key"]: header["value"] for header in headers or () if header["value"] is not None}
