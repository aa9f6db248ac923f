"""Whether something waits, told without Spark: never "no" where a run would find something to do."""

import shutil

import pytest

from tidemill.config import load_config
from tidemill.errors import RunFailed
from tidemill.ingest import ingest_batch, nothing_waits
from tidemill.lake import Lake


@pytest.fixture
def config(tmp_path):
    return load_config(home=str(tmp_path))


@pytest.fixture
def lake(spark, config):
    return Lake(spark, config.lake_root)


def test_nothing_waits_after_all_files_were_taken_and_something_does_as_soon_as_one_is_new(spark, lake, config, people):
    people.deliver("a.csv", "1,2024-01-01,Bonn")
    people.deliver("b.csv", "2,2024-01-01,Kiel")
    assert not nothing_waits(config, people.contract())

    ingest_batch(spark, lake, people.contract())
    assert nothing_waits(config, people.contract())

    people.deliver("c.csv", "3,2024-01-01,Jena")
    assert not nothing_waits(config, people.contract())

    ingest_batch(spark, lake, people.contract())
    assert nothing_waits(config, people.contract())
    (people.folder / "a.csv").unlink()
    assert nothing_waits(config, people.contract())


def test_a_file_replaced_under_its_name_waits_and_is_known_by_how_it_was_taken_last(spark, lake, config, people):
    people.deliver("a.csv", "1,2024-01-01,Bonn")
    ingest_batch(spark, lake, people.contract())

    people.deliver("a.csv", "1,2024-01-02,Kiel")
    assert not nothing_waits(config, people.contract())

    ingest_batch(spark, lake, people.contract())
    assert nothing_waits(config, people.contract())


def test_a_changed_contract_and_an_empty_folder_are_left_to_the_run(spark, lake, config, people):
    people.deliver("a.csv", "1,2024-01-01,Bonn")
    ingest_batch(spark, lake, people.contract())

    assert not nothing_waits(config, people.contract(version=2))

    (people.folder / "a.csv").unlink()
    assert not nothing_waits(config, people.contract())
    shutil.rmtree(people.folder)
    assert not nothing_waits(config, people.contract())


def test_a_run_that_failed_is_to_be_finished_though_no_file_is_new(spark, lake, config, people):
    people.deliver("a.csv", "1,2024-01-01,Bonn")
    ingest_batch(spark, lake, people.contract())
    people.deliver("b.csv", "9", header="id\n")
    with pytest.raises(RunFailed):
        ingest_batch(spark, lake, people.contract(columns={"at": {"type": "timestamp", "required": True}}))

    (people.folder / "b.csv").unlink()

    assert not nothing_waits(config, people.contract())
