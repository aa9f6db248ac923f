"""Take a Kafka topic's records in bounded slices."""

from tidemill.sources.kafka.source import KafkaSource

__all__ = ["KafkaSource"]
