"""A key's history follows from the set of its versions alone, in whatever order they came."""

import itertools
from datetime import datetime, timedelta

from tidemill.contract import Contract
from tidemill.ingest.history import first_history, history

NOON = datetime(2024, 1, 1, 12)
ACCEPTED = "id int, at timestamp, city string, _source string"
SILVER = f"{ACCEPTED}, _valid_from timestamp, _valid_to timestamp, _is_current boolean"


def contract():
    return Contract.model_validate(
        {
            "name": "moves",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {
                "id": {"type": "int", "required": True},
                "at": {"type": "timestamp", "required": True},
                "city": {"type": "string"},
            },
            "key": ["id"],
            "order_by": ["at"],
            "write": "scd2",
        }
    )


def at(hour):
    return NOON + timedelta(hours=hour)


def versions(spark, *rows):
    return spark.createDataFrame([(id_, at(hour), city, "f") for id_, hour, city in rows], ACCEPTED)


def applied(before, changes):
    """What an upsert by key and time makes of a table."""
    table = {(row["id"], row["at"]): row for row in before}
    for row in changes:
        if row["_gone"]:
            del table[row["id"], row["at"]]
        else:
            table[row["id"], row["at"]] = row
    return list(table.values())


def told(rows):
    return sorted((row["id"], row["_valid_from"], row["_valid_to"], row["_is_current"], row["city"]) for row in rows)


def test_each_version_is_valid_until_the_next_and_the_newest_is_current(spark):
    dated = first_history(versions(spark, (1, 0, "Bonn"), (1, 5, "Kiel"), (2, 3, "Jena")), contract()).collect()

    assert told(dated) == [
        (1, at(0), at(5), False, "Bonn"),
        (1, at(5), None, True, "Kiel"),
        (2, at(3), None, True, "Jena"),
    ]


def test_a_late_version_is_put_in_its_place_and_only_its_neighbour_changes(spark):
    before = first_history(versions(spark, (1, 0, "Bonn"), (1, 5, "Kiel"), (2, 3, "Jena")), contract())

    changes = history(before, versions(spark, (1, 2, "Ulm")), None, contract()).collect()

    assert told(changes) == [(1, at(0), at(2), False, "Bonn"), (1, at(2), at(5), False, "Ulm")]


def test_every_order_of_arrival_leads_to_the_same_history(spark):
    rows = [(1, 0, "Bonn"), (1, 2, "Ulm"), (1, 5, "Bonn"), (2, 1, "Jena")]
    expected = told(first_history(versions(spark, *rows), contract()).collect())

    for first, second, third in itertools.permutations([rows[:1], rows[1:2], rows[2:]]):
        table = first_history(versions(spark, *first), contract()).collect()
        for delivery in (second, third):
            silver = spark.createDataFrame(
                [tuple(row[name] for name in (*ACCEPTED_NAMES, *VALIDITY)) for row in table], SILVER
            )
            table = applied(table, history(silver, versions(spark, *delivery), None, contract()).collect())
        assert told(table) == expected


def test_a_version_that_goes_gives_its_time_to_the_one_before(spark):
    before = first_history(versions(spark, (1, 0, "Bonn"), (1, 2, "Ulm"), (1, 5, "Kiel")), contract())
    gone = versions(spark, (1, 2, "Ulm")).select("id", "at")

    changes = history(before, versions(spark), gone, contract()).collect()

    after = applied(before.collect(), changes)
    assert told(after) == [(1, at(0), at(5), False, "Bonn"), (1, at(5), None, True, "Kiel")]


ACCEPTED_NAMES = ("id", "at", "city", "_source")
VALIDITY = ("_valid_from", "_valid_to", "_is_current")
