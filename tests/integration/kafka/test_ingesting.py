"""A topic on its way through the engine."""

import json

from tidemill.contract import Contract
from tidemill.ingest import ingest_batch
from tidemill.lake import Counts


def test_each_run_takes_what_came_since_the_last_one(spark, lake, kafka, topic):
    own = Contract.model_validate(
        {
            "name": "readings",
            "version": 1,
            "source": {"kind": "kafka", "servers": kafka.servers, "topic": topic},
            "columns": {"id": {"type": "int", "required": True}, "at": {"from": "_timestamp", "type": "timestamp"}},
        }
    )
    kafka.send(topic, json.dumps({"id": 1}), "no json", json.dumps({"id": "x"}))
    (first,) = ingest_batch(spark, lake, own)
    kafka.send(topic, json.dumps({"id": 2}))
    (second,) = ingest_batch(spark, lake, own)

    assert first.counts == Counts(read=3, accepted=1, quarantined=2)
    assert second.counts == Counts(read=1, accepted=1)
    assert ingest_batch(spark, lake, own) == []
    rows = lake.read("silver.readings").collect()
    assert sorted(row["id"] for row in rows) == [1, 2]
    assert all(row["at"] for row in rows)
