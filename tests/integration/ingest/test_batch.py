"""A small dataset on its way through real Delta tables, with everything that happens to files on the way."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tidemill.contract import Contract
from tidemill.errors import RunFailed
from tidemill.ingest import FailedCheck, MissingColumn, ingest_batch
from tidemill.lake import Counts, Ledger, runs
from tidemill.sources.files import ChangedFile, NoFiles

HEADER = "id,at,city\n"


@pytest.fixture
def landing(tmp_path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


def contract(landing, **changes):
    return Contract.model_validate(
        {
            "name": "people",
            "version": 1,
            "source": {"kind": "files", "path": str(landing), **changes.pop("source", {})},
            "columns": {
                "id": {"type": "int", "required": True},
                "at": {"type": "timestamp"},
                "city": {"type": "string", "one_of": ["Bonn", "Kiel", "Jena"]},
                **changes.pop("columns", {}),
            },
            "cleanse": [{"empty_to_null": "all"}],
            "key": ["id"],
            "order_by": ["at"],
            "write": "upsert",
            **changes,
        }
    )


def deliver(landing, name, *lines, header=HEADER):
    path = landing / name
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(header + "".join(line + "\n" for line in lines))
    # A second delivery within the clock's grain must still be seen as another one.
    os.utime(path, ns=(max(path.stat().st_mtime_ns, before + 10**9),) * 2)


def silver(lake):
    return {(row["id"], row["city"]) for row in lake.read("silver.people").collect()}


def quarantined(lake):
    return sorted(failure["check"] for row in lake.read("quarantine.people").collect() for failure in row["_failures"])


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


def test_the_earlier_rows_of_a_replaced_file_give_way_in_silver_and_quarantine(spark, lake, landing):
    own = contract(landing)
    deliver(landing, "a.csv", "1,2024-01-01 10:00:00,Bonn", "2,,Kiel", "3,,Rome")
    deliver(landing, "b.csv", "4,,Jena")
    ingest_batch(spark, lake, own)

    deliver(landing, "a.csv", "1,2023-01-01 10:00:00,Kiel", "3,,Jena")
    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=2, accepted=2)
    assert silver(lake) == {(1, "Kiel"), (3, "Jena"), (4, "Jena")}
    assert quarantined(lake) == []


def test_a_replaced_file_of_an_appended_table_is_not_doubled(spark, lake, landing):
    own = contract(landing, key=[], order_by=[], write="append")
    deliver(landing, "a.csv", "1,,Bonn", "1,,Bonn")
    deliver(landing, "b.csv", "2,,Kiel")
    ingest_batch(spark, lake, own)
    deliver(landing, "a.csv", "5,,Jena")

    ingest_batch(spark, lake, own)

    assert silver(lake) == {(2, "Kiel"), (5, "Jena")}


@pytest.mark.parametrize("write", ["append", "upsert"])
def test_a_replaced_file_and_a_new_one_with_bad_rows_may_come_together(spark, lake, landing, write):
    own = contract(landing, **({"key": [], "order_by": [], "write": "append"} if write == "append" else {}))
    deliver(landing, "a.csv", "1,,Bonn", "2,,Rome")
    ingest_batch(spark, lake, own)
    deliver(landing, "a.csv", "1,,Kiel", "2,,Rome")
    deliver(landing, "b.csv", "3,,Jena", "4,,Paris")

    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=4, accepted=2, quarantined=2)
    assert silver(lake) == {(1, "Kiel"), (3, "Jena")}
    assert quarantined(lake) == ["city.one_of"] * 2


def test_a_changed_file_is_refused_where_the_contract_says_so(spark, lake, landing):
    own = contract(landing, source={"on_change": "refuse"})
    deliver(landing, "a.csv", "1,,Bonn")
    ingest_batch(spark, lake, own)
    deliver(landing, "a.csv", "1,,Kiel")

    with pytest.raises(ChangedFile, match=r"a\.csv changed since it was taken"):
        ingest_batch(spark, lake, own)
    assert silver(lake) == {(1, "Bonn")}


class Killed(BaseException):
    """Stands for the moment at which the driver dies."""


@pytest.mark.parametrize("moment", ["bronze", "silver", "quarantine", "ops.checks"])
def test_a_run_that_dies_after_any_commit_is_finished_under_its_own_id(spark, lake, landing, monkeypatch, moment):
    own = contract(landing)
    deliver(landing, "a.csv", "1,,Bonn", "2,,Kiel")
    ingest_batch(spark, lake, own)
    deliver(landing, "b.csv", "1,2024-01-01 00:00:00,Jena", "2,,Kiel", "3,,Rome")
    whole = {"append": lake.append, "upsert": lake.upsert, "record": lake.record}

    def dying(verb):
        def commit(name, *arguments, **named):
            whole[verb](name, *arguments, **named)
            if name.startswith(moment):
                raise Killed

        return commit

    for verb in whole:
        monkeypatch.setattr(lake, verb, dying(verb))
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


def test_a_new_column_of_the_contract_becomes_one_of_silver(spark, lake, landing):
    deliver(landing, "a.csv", "1,,Bonn")
    ingest_batch(spark, lake, contract(landing))
    deliver(landing, "b.csv", "2,,Kiel,north", header="id,at,city,coast\n")

    ingest_batch(spark, lake, contract(landing, columns={"coast": {"type": "string"}}))

    assert {(row["id"], row["coast"]) for row in lake.read("silver.people").collect()} == {(1, None), (2, "north")}


def test_a_file_without_a_required_column_goes_no_further_than_bronze_until_the_contract_names_it(spark, lake, landing):
    deliver(landing, "a.csv", "1,,Bonn", header="idd,at,city\n")

    with pytest.raises(MissingColumn, match=r"a\.csv has no column 'id', .*Did you mean 'idd'\?"):
        ingest_batch(spark, lake, contract(landing))
    assert lake.read("bronze.people").count() == 1
    assert not lake.exists("silver.people")

    mended = contract(landing, columns={"id": {"type": "int", "required": True, "from": "idd"}})
    (run,) = ingest_batch(spark, lake, mended)

    assert run.counts == Counts(read=1, accepted=1)


def test_an_empty_folder_says_where_to_put_the_delivery(spark, lake, landing):
    with pytest.raises(NoFiles, match=f"people: no file in {landing}"):
        ingest_batch(spark, lake, contract(landing))


@pytest.mark.parametrize("name", ["empty.csv", "header.csv", "torn.parquet"])
def test_a_file_that_cannot_be_taken_stops_the_run_with_one_line_and_nothing_written(spark, lake, landing, name):
    contents = {
        "empty.csv": b"",
        "header.csv": HEADER.encode(),
        "torn.parquet": b"PAR1abcdefgh",
    }
    (landing / name).write_bytes(contents[name])

    with pytest.raises(RunFailed, match=name) as told:
        ingest_batch(spark, lake, contract(landing))
    assert "\n" not in str(told.value)
    assert lake.names() == []


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


def test_what_json_records_have_beside_the_contract_is_told_and_kept(spark, lake, people):
    lines = ['{"id": 1, "city": "Bonn", "at": null}', '{"id": 2, "shoe": 43}', '{"id": 3, "shoe": 43}']
    (people.folder / "a.jsonl").write_text("\n".join(lines))

    (run,) = ingest_batch(spark, lake, people.contract())

    (note,) = run.result()["notes"]
    assert note.startswith("2 records have 'shoe', which the contract does not know")
    assert sum(row["_rescued"] == '{"shoe":43}' for row in lake.read("bronze.people").collect()) == 2
    assert Ledger(lake).last("ingest", "people").plan["notes"] == [note]
