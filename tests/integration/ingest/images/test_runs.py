"""Runs over images after the first one: killed, refused, or over bronze again."""

from dataclasses import replace
from functools import partial

import pytest

from tests.integration.ingest.dying import Killed
from tests.integration.ingest.pictures import contract, picture, pictures, save
from tidemill.errors import RequestWrong
from tidemill.ingest import NotReplayed, WouldBreakReaders, ingest_batch, rebuild, replay
from tidemill.lake import Counts, Ledger


def test_silver_is_rebuilt_from_bronze_under_another_size_and_refused_without(spark, lake, landing, silver, reasons):
    pictures(landing, "cats", 6)
    (landing / "cats" / "text.png").write_text("text")
    ingest_batch(spark, lake, contract(landing))
    before = silver()
    smaller = contract(landing, size=[8, 12])
    save(landing, "cats/another.png", picture(60))

    with pytest.raises(WouldBreakReaders, match="silver's images are 16 x 16 RGB by crop and the contract says 8 x 12"):
        ingest_batch(spark, lake, smaller)
    run = rebuild(spark, lake, smaller)

    assert run.counts == Counts(read=7, accepted=6, quarantined=1)
    assert silver() == before
    assert {len(row["pixels"]) for row in lake.read("silver.shapes").collect()} == {8 * 12 * 3}
    (added,) = ingest_batch(spark, lake, smaller)
    assert added.counts == Counts(read=1, accepted=1)
    with pytest.raises(NotReplayed, match="which bronze alone keeps"):
        replay(spark, lake, smaller)


def test_a_check_on_the_delivery_may_name_what_silver_holds(spark, lake, landing):
    pictures(landing, "cats", 3)
    own = contract(landing)
    checks = [{"name": "two_classes", "table": "count(distinct label) > 1", "on_fail": "warn"}]
    checked = type(own).model_validate({**own.model_dump(by_alias=True, exclude_defaults=True), "checks": checks})

    ingest_batch(spark, lake, checked)

    assert lake.read("ops.checks").where("check = 'two_classes' and rows_failed = 1").count() == 1
    wrong = [{"name": "typo", "table": "count(distinct lable) > 1"}]
    with pytest.raises(RequestWrong, match="lable"):
        ingest_batch(
            spark,
            lake,
            checked.model_copy(
                update={
                    "checks": type(own)
                    .model_validate({**own.model_dump(by_alias=True, exclude_defaults=True), "checks": wrong})
                    .checks
                }
            ),
        )


def test_a_run_that_dies_after_each_commit_in_turn_is_finished_under_its_own_id(
    spark, lake, landing, silver, reasons, monkeypatch
):
    own = contract(landing)
    pictures(landing, "cats", 5)
    ingest_batch(spark, lake, own)
    pictures(landing, "dogs", 5, first=40)
    (landing / "dogs" / "text.png").write_text("text")
    whole = {"append": lake.append, "record": lake.record}
    killed = []
    for moment in ("bronze", "silver", "quarantine", "ops.checks", "ops.files_taken"):

        def dying(verb, name, *arguments, moment=moment, **named):
            whole[verb](name, *arguments, **named)
            if name.startswith(moment):
                raise Killed

        for verb in whole:
            monkeypatch.setattr(lake, verb, partial(dying, verb))
        with pytest.raises(Killed):
            ingest_batch(spark, lake, own)
        killed.append(Ledger(lake).last("ingest", "shapes").id)
    monkeypatch.undo()

    (run,) = ingest_batch(spark, lake, own)

    assert set(killed) == {run.id}
    assert replace(run.counts) == Counts(read=6, accepted=5, quarantined=1)
    assert len(silver()) == 10
    assert reasons().keys() == {("text.png", "image.decodes")}
    assert lake.read("bronze.shapes").count() == 11
    assert ingest_batch(spark, lake, own) == []
