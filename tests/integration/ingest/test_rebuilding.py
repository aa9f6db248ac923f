"""Silver and quarantine computed anew from bronze."""

import pytest

from tidemill.ingest import NothingInBronze, WouldBreakReaders, ingest_batch, rebuild
from tidemill.lake import Counts

ANY_CITY = {"city": {"type": "string"}}


def test_a_mended_contract_brings_refused_rows_to_silver_and_leaves_the_rest_in_quarantine(
    spark, lake, people, silver, open_reasons
):
    people.deliver("a.csv", "1,2024-01-01 10:00:00,Bonn", "2,,Rome", "x,,Kiel")
    people.deliver("b.csv", "1,2023-01-01 10:00:00,Jena")
    ingest_batch(spark, lake, people.contract())

    run = rebuild(spark, lake, people.contract(columns=ANY_CITY))

    assert run.counts == Counts(read=4, accepted=2, quarantined=1, duplicate=1)
    assert silver() == [(1, "Bonn"), (2, "Rome")]
    assert open_reasons() == ["id.type"]


def test_of_a_file_that_was_delivered_anew_only_the_newest_delivery_counts(spark, lake, people, silver):
    people.deliver("a.csv", "1,,Bonn", "2,,Kiel")
    ingest_batch(spark, lake, people.contract())
    people.deliver("a.csv", "1,,Jena")
    ingest_batch(spark, lake, people.contract())

    rebuild(spark, lake, people.contract())

    assert silver() == [(1, "Jena")]


def test_a_tie_goes_to_the_later_run_as_it_did_when_the_rows_came(spark, lake, people, silver):
    people.deliver("z.csv", "1,,Bonn")
    ingest_batch(spark, lake, people.contract())
    people.deliver("a.csv", "1,,Kiel")
    ingest_batch(spark, lake, people.contract())
    before = silver()

    rebuild(spark, lake, people.contract())

    assert silver() == before == [(1, "Kiel")]


def test_a_column_that_nobody_asked_for_before_is_found_in_what_was_kept(spark, lake, people, silver):
    people.deliver("a.csv", "1,,Bonn,north", header="id,at,city,coast\n")
    ingest_batch(spark, lake, people.contract())

    renamed = {"coast": {"type": "string"}, "city": None, "town": {"type": "string", "from": "city"}}
    rebuild(spark, lake, people.contract(columns=renamed))

    assert silver("id", "town", "coast") == [(1, "Bonn", "north")]


def test_another_type_is_refused_until_silver_is_rebuilt_under_it(spark, lake, people, silver):
    people.deliver("a.csv", "1,,Bonn")
    ingest_batch(spark, lake, people.contract())
    wider = people.contract(columns={"id": {"type": "bigint", "required": True}})
    people.deliver("b.csv", "2,,Kiel")

    with pytest.raises(WouldBreakReaders, match=r"column 'id' is int in silver and bigint .* --from bronze"):
        ingest_batch(spark, lake, wider)
    rebuild(spark, lake, wider)
    ingest_batch(spark, lake, wider)

    assert silver() == [(1, "Bonn"), (2, "Kiel")]
    assert lake.read("silver.people").schema["id"].dataType.simpleString() == "bigint"


def test_a_history_is_rebuilt_from_all_versions(spark, lake, people, silver):
    own = people.contract(columns={"at": {"type": "timestamp", "required": True}}, write="scd2")
    people.deliver("a.csv", "1,2024-01-01 10:00:00,Bonn", "1,2024-01-03 10:00:00,Kiel")
    ingest_batch(spark, lake, own)
    people.deliver("b.csv", "1,2024-01-02 10:00:00,Jena", "1,2024-01-03 10:00:00,Kiel")
    (late,) = ingest_batch(spark, lake, own)
    columns = ("city", "_valid_from", "_valid_to", "_is_current")
    before = silver(*columns)

    rebuild(spark, lake, own)

    assert late.counts == Counts(read=2, accepted=1, unchanged=1)
    assert [(city, current) for city, _, _, current in before] == [("Bonn", False), ("Jena", False), ("Kiel", True)]
    assert silver(*columns) == before


def test_a_rebuild_before_anything_came_says_what_to_run(spark, lake, people):
    with pytest.raises(NothingInBronze, match=r"Run ingest\.py --dataset people"):
        rebuild(spark, lake, people.contract())
