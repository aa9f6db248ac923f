"""What a topic holds: its identity, its partitions, and each one's oldest and newest offset."""

import math
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from tidemill.contract.sources import KafkaSource as Settings
from tidemill.errors import RunFailed, nearest
from tidemill.sources.kafka.security import client_settings

# A request that librdkafka gives up by itself says why; one that is given up from outside does not.
_GRACE_SECONDS = 5


class BrokersUnavailable(RunFailed):
    """No broker answers."""

    def __init__(self, settings: Settings, problem: str) -> None:
        super().__init__(
            f"kafka {settings.servers}: topic '{settings.topic}' cannot be asked for: {problem}. Check servers and "
            "security under source, and that the brokers run; nothing was taken."
        )


class NoSuchTopic(RunFailed):
    """The brokers have no topic of that name, or do not show it."""

    def __init__(self, settings: Settings, hint: str) -> None:
        super().__init__(
            f"kafka {settings.servers}: there is no topic '{settings.topic}' that this user may read."
            f"{f' {hint}' if hint else ''} Check the topic under source, or create it."
        )


@dataclass(frozen=True)
class Offsets:
    """A topic at one moment.

    Attributes:
        topic_id: which a topic that is deleted and created again does not keep; empty where brokers have none.
        oldest: partition -> offset of the first record that is still there.
        newest: partition -> offset of the next record to come; for transactions, of the first that is still open.
    """

    topic_id: str
    oldest: Mapping[int, int]
    newest: Mapping[int, int]


def current_offsets(settings: Settings, timeout: float) -> Offsets:
    """Ask the brokers.

    Args:
        settings: of the contract.
        timeout: seconds that each of the three requests may take.

    Raises:
        BrokersUnavailable: they do not answer in time, or refuse this user.
        NoSuchTopic: there is none.
        RequestWrong: as `client_settings`.
    """
    troubles: list[str] = []
    client = AdminClient(
        {
            "bootstrap.servers": settings.servers,
            "error_cb": lambda error: troubles.append(error.str()),
            "log_level": 0,
            "socket.connection.setup.timeout.ms": max(1000, math.ceil(timeout * 1000)),
            **client_settings(settings.security),
        }
    )
    try:
        return Retrying(
            stop=stop_after_delay(timeout), wait=wait_fixed(0.2), retry=retry_if_exception(_passes), reraise=True
        )(_asked, client, settings, timeout)
    except (KafkaException, TimeoutError) as error:
        client.poll(0)
        raise BrokersUnavailable(settings, troubles[-1] if troubles else _said(error, timeout)) from None


def _asked(client: AdminClient, settings: Settings, timeout: float) -> Offsets:
    topic = settings.topic
    try:
        described = _got(client.describe_topics(TopicCollection([topic]), request_timeout=timeout), topic, timeout)
    except KafkaException as error:
        if error.args[0].code() not in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED):
            raise
        known = client.list_topics(timeout=timeout).topics
        raise NoSuchTopic(settings, nearest(topic, known)) from None
    partitions = [TopicPartition(topic, partition.id) for partition in described.partitions]
    found = {}
    for name, spec in (("oldest", OffsetSpec.earliest()), ("newest", OffsetSpec.latest())):
        asked = client.list_offsets(
            dict.fromkeys(partitions, spec), isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=timeout
        )
        found[name] = {place.partition: _got(asked, place, timeout).offset for place in partitions}
    topic_id = described.topic_id
    known_id = f"{topic_id.get_most_significant_bits()}.{topic_id.get_least_significant_bits()}" if topic_id else ""
    return Offsets("" if known_id == "0.0" else known_id, found["oldest"], found["newest"])


def _passes(error: BaseException) -> bool:
    """Whether a partition only has no leader yet, as in the moments after it was created or lost its broker."""
    passing = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART)
    return isinstance(error, KafkaException) and error.args[0].code() in passing


def _got(futures: Mapping[Any, Future[Any]], key: Any, timeout: float) -> Any:
    return futures[key].result(timeout=timeout + _GRACE_SECONDS)


def _said(error: BaseException, timeout: float) -> str:
    if isinstance(error, KafkaException) and error.args:
        return str(error.args[0].str())
    return f"no answer within {timeout:g} seconds"
