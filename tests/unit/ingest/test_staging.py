from datetime import datetime

import pytest

from tidemill.contract import Contract
from tidemill.ingest.staging import gone_rows, staged

NOON, LATER = datetime(2024, 1, 1, 12), datetime(2024, 1, 1, 13)
CHECKED = "id int, at timestamp, city string, _source string, _position string, _refused boolean"
SILVER = "id int, at timestamp, city string, _source string"


def contract(**changes):
    return Contract.model_validate(
        {
            "name": "people",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {
                "id": {"type": "int", "required": True},
                "at": {"type": "timestamp"},
                "city": {"type": "string"},
            },
            "key": ["id"],
            "order_by": ["at"],
            "write": "upsert",
            **changes,
        }
    )


def statuses(rows):
    return {row["_position"]: row["_status"] for row in rows.collect()}


def delivered(spark, *rows):
    return spark.createDataFrame([(*row, "f", str(place), False) for place, row in enumerate(rows)], CHECKED)


def test_the_newest_row_of_a_key_is_accepted_and_the_others_are_duplicates(spark):
    rows = delivered(spark, (1, NOON, "Bonn"), (1, LATER, "Kiel"), (2, NOON, "Jena"), (1, None, "Ulm"))

    assert statuses(staged(rows, contract(), None)) == {
        "0": "duplicate",
        "1": "accepted",
        "2": "accepted",
        "3": "duplicate",
    }


def test_a_tie_goes_to_the_later_position(spark):
    rows = delivered(spark, (1, NOON, "Bonn"), (1, NOON, "Kiel"))

    assert statuses(staged(rows, contract(), None)) == {"0": "duplicate", "1": "accepted"}


def test_a_refused_row_is_quarantined_and_displaces_no_row_of_its_key(spark):
    rows = spark.createDataFrame(
        [(1, NOON, "Bonn", "f", "0", False), (1, LATER, "Kiel", "f", "1", True), (None, None, None, "f", "2", True)],
        CHECKED,
    )

    assert statuses(staged(rows, contract(), None)) == {"0": "accepted", "1": "quarantined", "2": "quarantined"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((1, NOON, "Bonn"), "unchanged"),
        ((1, NOON, "Kiel"), "accepted"),
        ((1, LATER, "Bonn"), "accepted"),
        ((1, datetime(2023, 1, 1), "Kiel"), "stale"),
        ((1, None, "Kiel"), "stale"),
        ((2, None, "Kiel"), "accepted"),
    ],
)
def test_a_row_is_judged_against_what_silver_holds(spark, row, expected):
    silver = spark.createDataFrame([(1, NOON, "Bonn", "old")], SILVER)

    assert statuses(staged(delivered(spark, row), contract(), silver)) == {"0": expected}


def test_an_older_row_of_a_replaced_file_is_accepted_as_its_earlier_row_gives_way(spark):
    silver = spark.createDataFrame([(1, LATER, "Bonn", "f"), (2, NOON, "Jena", "f"), (3, NOON, "Ulm", "g")], SILVER)
    rows = staged(delivered(spark, (1, NOON, "Kiel")), contract(), silver, replaced=["f"])

    assert statuses(rows) == {"0": "accepted"}
    assert [row["id"] for row in gone_rows(silver, rows, contract(), ["f"]).collect()] == [2]


def test_appending_keeps_every_passing_row(spark):
    own = contract(key=[], order_by=[], write="append")

    assert statuses(staged(delivered(spark, (1, NOON, "Bonn"), (1, NOON, "Bonn")), own, None)) == {
        "0": "accepted",
        "1": "accepted",
    }


def stream_contract(**stream):
    return contract(
        mode="stream",
        source={"kind": "kafka", "servers": "b:9092", "topic": "t"},
        key=[],
        order_by=[],
        write="append",
        event_time="at",
        stream={"entity": ["city"], "value": "id", **stream},
        columns={
            "id": {"type": "int", "required": True},
            "at": {"type": "timestamp", "required": True},
            "city": {"type": "string", "required": True},
        },
    )


def test_of_a_streams_readings_that_are_the_same_the_first_is_kept_as_the_stream_itself_does(spark):
    rows = delivered(spark, (1, NOON, "Bonn"), (2, NOON, "Bonn"), (3, LATER, "Bonn"), (4, NOON, "Kiel"))
    silver = spark.createDataFrame([(9, NOON, "Kiel", "f")], SILVER)

    assert statuses(staged(rows, stream_contract(), silver)) == {
        "0": "accepted",
        "1": "duplicate",
        "2": "accepted",
        "3": "duplicate",
    }


def test_the_readings_of_one_message_are_told_apart_by_their_sensors(spark):
    rows = delivered(spark, (1, NOON, "Bonn"), (1, NOON, "Kiel"), (1, NOON, "Bonn"), (2, NOON, "Bonn"))
    silver = spark.createDataFrame([(2, NOON, "Bonn", "f")], SILVER)

    assert statuses(staged(rows, stream_contract(message_id="id"), silver)) == {
        "0": "accepted",
        "1": "accepted",
        "2": "duplicate",
        "3": "duplicate",
    }
