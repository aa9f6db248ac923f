"""Take a Kafka topic's records in bounded slices, and parse the messages of a slice or a stream."""

from tidemill.sources.kafka.messages import message_rows
from tidemill.sources.kafka.source import KafkaSource

__all__ = ["KafkaSource", "message_rows"]
