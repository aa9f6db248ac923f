"""One broker for all these tests, a topic of its own for each."""

from uuid import uuid4

import pytest

from tests.services.kafka import Kafka
from tidemill.contract import Contract
from tidemill.sources.kafka import KafkaSource


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    broker = Kafka(tmp_path_factory.mktemp("kafka")).start()
    yield broker
    broker.stop()


@pytest.fixture
def topic(kafka):
    return kafka.topic(f"readings.{uuid4().hex}", partitions=2)


@pytest.fixture
def opened(spark, kafka, topic):
    def source(columns=("id", "place.city"), timeout=20.0, **keys):
        contract = Contract.model_validate(
            {
                "name": "readings",
                "version": 1,
                "source": {"kind": "kafka", "servers": kafka.servers, "topic": topic, **keys},
                "columns": {name.split(".")[-1].strip("_"): {"from": name, "type": "string"} for name in columns},
            }
        )
        return KafkaSource(spark, contract, timeout)

    return source
