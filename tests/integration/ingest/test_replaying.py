"""Quarantined rows tried again."""

import pytest

from tests.integration.ingest.dying import Killed, die_after
from tidemill.ingest import NotReplayed, ingest_batch, replay
from tidemill.lake import Counts

MORE_CITIES = {"city": {"type": "string", "one_of": ["Bonn", "Kiel", "Jena", "Rome"]}}


@pytest.fixture
def refused(spark, lake, people):
    people.deliver("a.csv", "1,,Bonn", "2,,Rome", "2,,Oslo", "x,,Rome")
    ingest_batch(spark, lake, people.contract())
    return people


def test_rows_that_pass_now_go_to_silver_once_and_the_others_stay_open_with_fresh_reasons(
    spark, lake, refused, silver, open_reasons
):
    own = refused.contract(columns={**MORE_CITIES, "at": {"type": "timestamp", "required": True}})
    run = replay(spark, lake, refused.contract(columns=MORE_CITIES))

    assert run.counts == Counts(read=3, accepted=1, quarantined=2)
    assert silver() == [(1, "Bonn"), (2, "Rome")]
    assert open_reasons() == ["city.one_of", "id.type"]

    assert replay(spark, lake, own).counts == Counts(read=2, quarantined=2)
    assert open_reasons() == ["at.required", "at.required", "city.one_of", "id.type"]
    assert silver() == [(1, "Bonn"), (2, "Rome")]


def test_checks_on_a_delivery_as_a_whole_do_not_hold_back_single_rows(spark, lake, refused, silver):
    own = refused.contract(columns=MORE_CITIES, checks=[{"name": "enough", "row_count": {"min": 100}}])

    assert replay(spark, lake, own).counts == Counts(read=3, accepted=1, quarantined=2)
    assert silver() == [(1, "Bonn"), (2, "Rome")]


def test_a_closed_row_keeps_the_reasons_for_which_it_was_refused(spark, lake, refused):
    replay(spark, lake, refused.contract(columns=MORE_CITIES))

    (closed,) = lake.read("quarantine.people").where("_replayed_at is not null").collect()

    assert [failure["check"] for failure in closed["_failures"]] == ["city.one_of"]
    assert '"city":"Rome"' in closed["_record"]


def test_nothing_open_is_nothing_to_do(spark, lake, people):
    people.deliver("a.csv", "1,,Bonn")
    ingest_batch(spark, lake, people.contract())

    assert replay(spark, lake, people.contract()) is None


@pytest.mark.parametrize("moment", ["silver", "quarantine"])
def test_a_replay_that_dies_is_finished_without_doubling_a_row(spark, lake, people, silver, monkeypatch, moment):
    own = {"key": [], "order_by": [], "write": "append"}
    people.deliver("a.csv", "1,,Rome", "2,,Oslo")
    ingest_batch(spark, lake, people.contract(**own))
    die_after(monkeypatch, lake, moment, "append", "rewrite")
    with pytest.raises(Killed):
        replay(spark, lake, people.contract(**own, columns=MORE_CITIES))
    monkeypatch.undo()

    run = replay(spark, lake, people.contract(**own, columns=MORE_CITIES))

    assert run.counts == Counts(read=2, accepted=1, quarantined=1)
    assert silver() == [(1, "Rome")]
    assert lake.read("quarantine.people").count() == 2
    assert lake.read("quarantine.people").where("_replayed_at is null").count() == 1


def test_a_table_that_is_replaced_as_a_whole_is_rebuilt_instead(spark, lake, people):
    with pytest.raises(NotReplayed, match="--from bronze"):
        replay(spark, lake, people.contract(write="replace"))
