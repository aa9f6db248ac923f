"""A run that dies or is refused is finished by the next one."""

from dataclasses import replace

import pytest

from tests.integration.ingest.batch.people import contract, deliver, quarantined, silver
from tests.integration.ingest.dying import Killed, die_after
from tidemill.ingest import FailedCheck, ingest_batch
from tidemill.lake import Counts, Ledger


@pytest.mark.parametrize("moment", ["bronze", "silver", "quarantine", "ops.checks"])
def test_a_run_that_dies_after_any_commit_is_finished_under_its_own_id(spark, lake, landing, monkeypatch, moment):
    own = contract(landing)
    deliver(landing, "a.csv", "1,,Bonn", "2,,Kiel")
    ingest_batch(spark, lake, own)
    deliver(landing, "b.csv", "1,2024-01-01 00:00:00,Jena", "2,,Kiel", "3,,Rome")
    die_after(monkeypatch, lake, moment, "append", "upsert", "record")
    with pytest.raises(Killed):
        ingest_batch(spark, lake, own)
    monkeypatch.undo()
    killed = Ledger(lake).last("ingest", "people")

    (run,) = ingest_batch(spark, lake, own)

    assert (killed.event, run.id) == ("planned", killed.id)
    assert run.counts == Counts(read=3, accepted=1, quarantined=1, unchanged=1)
    assert silver(lake) == {(1, "Jena"), (2, "Kiel")}
    assert quarantined(lake) == ["city.one_of"]
    assert lake.read("bronze.people").count() == 5
    assert lake.read("ops.checks").where("rows_failed > 0").count() == 1


def test_a_check_that_must_hold_keeps_the_delivery_in_bronze_alone_until_it_does(spark, lake, landing):
    own = contract(landing, checks=[{"name": "enough", "table": "count(*) >= 2"}])
    deliver(landing, "a.csv", "1,,Bonn")
    with pytest.raises(FailedCheck, match="people: the check 'enough' failed"):
        ingest_batch(spark, lake, own)
    assert lake.read("bronze.people").count() == 1
    assert not lake.exists("silver.people")

    # The missing part arrives: both files are one delivery then.
    deliver(landing, "b.csv", "2,,Kiel")
    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=2, accepted=2)
    assert silver(lake) == {(1, "Bonn"), (2, "Kiel")}


def test_a_contract_that_was_mended_after_a_failure_finishes_the_run(spark, lake, landing):
    deliver(landing, "a.csv", "1,,Bonn")
    with pytest.raises(FailedCheck):
        ingest_batch(spark, lake, contract(landing, checks=[{"name": "none", "sql": "id > 1", "on_fail": "fail"}]))

    (run,) = ingest_batch(spark, lake, contract(landing))

    assert run.counts == Counts(read=1, accepted=1)
    assert lake.read("bronze.people").count() == 1


def test_a_planned_file_that_changes_before_it_is_in_bronze_is_taken_as_it_is_now(spark, lake, landing, monkeypatch):
    own = contract(landing)
    deliver(landing, "a.csv", "1,,Bonn")

    def dies(*_, **__):
        raise Killed

    whole = lake.append
    monkeypatch.setattr(
        lake, "append", lambda name, *a, **k: dies() if name.startswith("bronze") else whole(name, *a, **k)
    )
    with pytest.raises(Killed):
        ingest_batch(spark, lake, own)
    monkeypatch.undo()
    killed = Ledger(lake).last("ingest", "people")
    deliver(landing, "a.csv", "2,,Kiel")

    (run,) = ingest_batch(spark, lake, own)

    assert run.id == killed.id
    assert silver(lake) == {(2, "Kiel")}
    assert replace(run.counts, read=0) == Counts(accepted=1)
