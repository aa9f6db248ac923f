"""The source of a contract over a topic of its own."""

import pytest

from tidemill.contract import Contract
from tidemill.sources.kafka import KafkaSource


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
