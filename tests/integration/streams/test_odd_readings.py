"""What comes too late, too early or as no reading at all, and a schema that changes under a stream."""

import json
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from pyspark.sql import functions as F

from tests.integration.streams.conftest import NOON
from tidemill.ingest.refusals import WouldBreakReaders
from tidemill.lake import Counts
from tidemill.streams.windows import stream_windows, windows

DAY = 86400


def test_late_future_poisoned_and_repeated_messages_reach_their_places_and_windows_equal_the_batch(
    lake, own, send, stream, silver, tmp_path
):
    contract = own()

    def follow():
        stream_windows(lake.spark, lake, contract, str(tmp_path / "windows"), once=True, stopping=Event())

    send(("a", 0, 1.0), ("b", 0, 1.0))
    stream(contract)
    follow()
    now = datetime.now(UTC)
    ahead = json.dumps({"station": "a", "at": (now + timedelta(minutes=50)).isoformat(), "value": 1})
    future = json.dumps({"station": "b", "at": (now + timedelta(hours=2)).isoformat(), "value": 1})
    send(("a", -3 * DAY, 7.0), ("a", -3 * DAY, 7.0), ("a", -400 * DAY, 8.0), "{poison", "", future, ahead)

    (run,) = stream(contract)
    follow()

    assert run.counts == Counts(read=7, accepted=3, quarantined=3, duplicate=1, late=2)
    assert [row for row in silver() if row[1] <= 0] == [
        ("a", -400 * DAY, 8.0),
        ("a", -3 * DAY, 7.0),
        ("a", 0, 1.0),
        ("b", 0, 1.0),
    ]
    refused = lake.read("quarantine.site").select(F.explode("_failures.check")).collect()
    assert sorted(row[0] for row in refused) == ["at.not_in_future", "record.parse", "record.parse"]
    kept = lake.read("gold.site_1_minute").drop("updated_at")
    batch = windows(lake.read("silver.site"), contract, "1 minute", now).drop("updated_at")
    assert kept.count() == batch.count() == 5
    assert kept.exceptAll(batch).isEmpty()


def message(second, value, **more):
    return json.dumps({"station": "a", "at": (NOON + timedelta(seconds=second)).isoformat(), "value": value, **more})


def test_what_devices_change_while_the_stream_runs_hinders_no_other_reading(lake, own, send, stream, silver):
    send(message(0, 1.5), message(1, "2.5"), message(2, "high"), message(3, {"v": 1}), message(4, 4.5, firmware="2.1"))

    (run,) = stream(own())

    assert run.counts == Counts(read=5, accepted=3, quarantined=2)
    assert silver() == [("a", 0, 1.5), ("a", 1, 2.5), ("a", 4, 4.5)]
    assert {row["_failures"][0]["check"] for row in lake.read("quarantine.site").collect()} == {"value.type"}


def test_a_column_that_the_contract_gains_is_filled_from_the_next_start_on(lake, own, send, stream):
    send(message(0, 1.5, firmware="2.0"))
    stream(own())
    send(message(1, 2.5, firmware="2.1"), message(2, 3.5))

    stream(own(columns={"firmware": {"type": "string"}}))

    rows = lake.read("silver.site").orderBy("at").collect()
    assert [(row["value"], row["firmware"]) for row in rows] == [(1.5, None), (2.5, "2.1"), (3.5, None)]
    first = lake.read("bronze.site").orderBy("at").first()
    assert json.loads(first["_rescued"])["firmware"] == "2.0"


def test_a_column_whose_type_the_contract_changes_is_refused_before_anything_is_read(lake, own, send, stream, silver):
    send(message(0, 1.5))
    stream(own())
    send(message(1, 2.5))

    with pytest.raises(WouldBreakReaders, match=r"'value' is double in silver and decimal\(10,2\) in the contract"):
        stream(own(value={"type": "decimal(10,2)"}))
    assert lake.read("bronze.site").count() == 1
    stream(own())

    assert silver() == [("a", 0, 1.5), ("a", 1, 2.5)]
