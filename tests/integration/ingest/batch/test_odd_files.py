"""Files and contracts that do not fit each other, and files that cannot be taken."""

import pytest

from tests.integration.ingest.batch.people import HEADER, contract, deliver
from tidemill.errors import RunFailed
from tidemill.ingest import MissingColumn, ingest_batch
from tidemill.lake import Counts, Ledger
from tidemill.sources.files import NoFiles


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


def test_what_json_records_have_beside_the_contract_is_told_and_kept(spark, lake, people):
    lines = ['{"id": 1, "city": "Bonn", "at": null}', '{"id": 2, "shoe": 43}', '{"id": 3, "shoe": 43}']
    (people.folder / "a.jsonl").write_text("\n".join(lines))

    (run,) = ingest_batch(spark, lake, people.contract())

    (note,) = run.result()["notes"]
    assert note.startswith("2 records have 'shoe', which the contract does not know")
    assert sum(row["_rescued"] == '{"shoe":43}' for row in lake.read("bronze.people").collect()) == 2
    assert Ledger(lake).last("ingest", "people").plan["notes"] == [note]
