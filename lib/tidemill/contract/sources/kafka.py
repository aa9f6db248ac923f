"""A Kafka topic."""

from typing import Literal

from tidemill.config import Frozen


class KafkaSource(Frozen):
    """A Kafka topic."""

    kind: Literal["kafka"]
    servers: str
    topic: str
