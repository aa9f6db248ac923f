"""The ways to start a run: a trial, from the beginning, beside another one; and the ways to write its rows."""

import threading

import pytest

from tidemill.ingest import EmptyDelivery, ingest_batch, try_out
from tidemill.lake import Counts, Held, held


def test_a_trial_tells_counts_and_reasons_with_personal_values_masked_and_writes_no_table(spark, lake, people):
    people.deliver("a.csv", "1,,Bonn", "2,,Rome", "x,,Kiel")
    own = people.contract(personal={"subject": "id", "columns": ["city"]})

    trial = try_out(spark, lake, own)

    assert trial.counts == Counts(read=3, accepted=1, quarantined=2)
    assert trial.failed == {"id.type": 1, "city.one_of": 1}
    reasons = sorted(reason for sample in trial.samples for reason in sample["reasons"])
    assert reasons == ["city.one_of: (personal)", "id.type: expected an int, got 'x'"]
    assert lake.names() == []


def test_a_trial_of_a_source_where_nothing_waits_has_nothing_to_tell(spark, lake, people):
    people.deliver("a.csv", "1,,Bonn")
    ingest_batch(spark, lake, people.contract())

    assert try_out(spark, lake, people.contract()) is None


@pytest.mark.parametrize("write", ["upsert", "append"])
def test_reading_files_from_the_beginning_takes_all_of_them_and_doubles_none(spark, lake, people, silver, write):
    keyed = {} if write == "upsert" else {"key": [], "order_by": []}
    own = people.contract(write=write, **keyed)
    people.deliver("a.csv", "1,,Bonn", "2,,Rome")
    ingest_batch(spark, lake, own)

    (run,) = ingest_batch(spark, lake, own, full=True)

    assert run.counts.read == 2
    assert silver() == [(1, "Bonn")]
    assert lake.read("quarantine.people").count() == 1


def test_a_delivery_replaces_the_one_before_and_an_empty_one_is_refused(spark, lake, people, silver):
    own = people.contract(write="replace", key=[], order_by=[])
    people.deliver("a.csv", "1,,Bonn", "2,,Kiel")
    ingest_batch(spark, lake, own)
    people.deliver("b.csv", "3,,Jena")
    ingest_batch(spark, lake, own)
    assert silver() == [(3, "Jena")]

    people.deliver("c.csv", "4,,Rome")
    with pytest.raises(EmptyDelivery, match="none of the 1 delivered rows passes"):
        ingest_batch(spark, lake, own)
    assert silver() == [(3, "Jena")]


def test_a_second_run_that_is_not_to_wait_says_who_holds_the_dataset(spark, lake, people):
    people.deliver("a.csv", "1,,Bonn")

    with held(lake.root, "people", "stream"), pytest.raises(Held, match=r"people: held by stream \(process \d+ on "):
        ingest_batch(spark, lake, people.contract(), wait=False)
    assert ingest_batch(spark, lake, people.contract(), wait=False)


def test_a_second_run_waits_for_the_first(spark, lake, people):
    people.deliver("a.csv", "1,,Bonn")
    ended = []
    second = threading.Thread(target=lambda: ended.extend(ingest_batch(spark, lake, people.contract())))

    with held(lake.root, "people", "stream"):
        second.start()
        second.join(timeout=1)
        assert not ended
        assert second.is_alive()
    second.join()

    assert [run.counts.accepted for run in ended] == [1]
