"""Services that several of these tests share."""

from uuid import uuid4

import pytest

from tests.services.kafka import Kafka
from tests.services.mosquitto import Mosquitto


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    broker = Kafka(tmp_path_factory.mktemp("kafka")).start()
    yield broker
    broker.stop()


@pytest.fixture
def topic(kafka):
    return kafka.topic(f"readings.{uuid4().hex}", partitions=2)


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory):
    broker = Mosquitto(tmp_path_factory.mktemp("mosquitto")).start()
    yield broker
    broker.stop()
