"""A small dataset on its way through real Delta tables: every record is accounted for."""

from tests.integration.ingest.batch.people import contract, deliver, quarantined, silver
from tidemill.ingest import ingest_batch
from tidemill.lake import Counts, runs


def test_every_record_is_accounted_for_in_bronze_silver_quarantine_and_the_ledger(spark, lake, landing):
    deliver(
        landing, "a.csv", "1,2024-01-01 10:00:00,Bonn", "1,2024-01-01 09:00:00,Kiel", "x,,Jena", "2,,Rome", "3,,Jena"
    )

    (run,) = ingest_batch(spark, lake, contract(landing))

    assert run.counts == Counts(read=5, accepted=2, quarantined=2, duplicate=1)
    assert run.counts.balance
    assert silver(lake) == {(1, "Bonn"), (3, "Jena")}
    assert quarantined(lake) == ["city.one_of", "id.type"]
    assert lake.read("bronze.people").count() == 5
    checks = {row["check"]: row["rows_failed"] for row in lake.read("ops.checks").collect() if row["rows_failed"]}
    assert checks == {"city.one_of": 1, "id.type": 1}
    (told,) = runs(lake).collect()
    assert (told["event"], told["rows_read"], told["contract_version"]) == ("committed", 5, 1)
    assert told["table_versions"] == {"bronze.people": 0, "silver.people": 0, "quarantine.people": 0}


def test_a_second_run_changes_nothing_and_a_new_file_is_taken_alone(spark, lake, landing):
    own = contract(landing)
    deliver(landing, "a.csv", "1,,Bonn")
    ingest_batch(spark, lake, own)

    assert ingest_batch(spark, lake, own) == []

    deliver(landing, "b.csv", "1,,Bonn", "1,2020-01-01 00:00:00,Kiel", "2,,Jena")
    (run,) = ingest_batch(spark, lake, own)
    assert run.counts == Counts(read=3, accepted=2, duplicate=1)
    assert silver(lake) == {(1, "Kiel"), (2, "Jena")}


def test_a_row_that_silver_holds_is_unchanged_and_an_older_one_is_stale(spark, lake, landing):
    own = contract(landing)
    deliver(landing, "a.csv", "1,2024-01-01 10:00:00,Bonn", "2,2024-01-01 10:00:00,Kiel")
    ingest_batch(spark, lake, own)
    version = lake.version("silver.people")

    deliver(landing, "b.csv", "1,2024-01-01 10:00:00,Bonn", "2,2023-01-01 10:00:00,Jena")
    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=2, unchanged=1, stale=1)
    assert lake.version("silver.people") == version
