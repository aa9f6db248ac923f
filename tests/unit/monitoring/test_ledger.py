import pytest

from tidemill.lake import Counts
from tidemill.monitoring import UnknownRun, checks_of, find_run, recent_runs
from tidemill.monitoring.ledger import last_with_rows
from tidemill.monitoring.ledger import ran as ran_before


def test_the_newest_run_comes_first_with_how_it_ended_and_what_became_of_its_records(ran):
    found = recent_runs(ran.config, 10)

    assert [run.run_id for run in found] == [ran.planned.id, ran.failed.id, ran.second.id, ran.first.id]
    assert [run.state for run in found] == ["unfinished", "failed", "committed", "committed"]
    assert found[-1].counts == Counts(read=4, accepted=1, quarantined=3)
    assert found[-1].pass_rate == 0.25
    assert found[-2].counts == Counts(read=3, accepted=1, quarantined=1, unchanged=1)
    assert "not_too_many" in found[1].error


def test_only_what_is_asked_for_is_told(ran):
    assert [run.run_id for run in recent_runs(ran.config, 1, "people")] == [ran.failed.id]
    assert [run.run_id for run in recent_runs(ran.config, 2, "people")] == [ran.failed.id, ran.second.id]
    assert [run.run_id for run in recent_runs(ran.config, 9, job="build_gold")] == [ran.planned.id]
    assert recent_runs(ran.config, 9, "nobody") == []


def test_a_run_that_ended_took_the_time_from_its_plan_to_its_end_and_one_under_way_none(ran):
    under_way, failed, second, _ = recent_runs(ran.config, 4)

    assert (under_way.ended_at, under_way.duration, under_way.counts, under_way.pass_rate) == (None,) * 4
    assert failed.ended_at == failed.started_at + failed.duration
    assert second.as_json()["duration_s"] == second.duration.total_seconds() > 0
    assert second.as_json()["started_at"] == second.started_at.isoformat()


def test_a_run_is_found_by_its_id_with_its_checks(ran):
    run = find_run(ran.config, ran.first.id)

    failed = {check.check: check.rows_failed for check in checks_of(ran.config, run.run_id) if check.rows_failed}
    assert failed == {"record.parse": 1, "id.type": 1, "city.one_of": 1, "email.pattern": 1}
    assert run.table_versions == ran.first.table_versions
    assert (run.contract_version, run.job, run.dataset) == (3, "ingest", "people")


def test_an_id_that_no_run_has_is_answered_with_the_nearest_one(ran):
    mistyped = ran.failed.id[:-1] + "x"

    with pytest.raises(UnknownRun, match=f"Did you mean '{ran.failed.id}'"):
        find_run(ran.config, mistyped)


def test_nothing_ran_where_there_is_no_lake(ran, tmp_path):
    nowhere = ran.config.model_copy(update={"lake_root": str(tmp_path / "lake")})

    assert recent_runs(nowhere, 10) == []
    assert ran_before(nowhere) == []
    with pytest.raises(UnknownRun, match="There are no runs yet"):
        find_run(nowhere, ran.first.id)


def test_rows_came_last_with_the_last_committed_run_that_read_any(ran):
    newest = recent_runs(ran.config, 4, "people")

    assert last_with_rows(ran.config, newest, "people") == newest[1].ended_at
    assert last_with_rows(ran.config, newest[:1], "people") == newest[1].ended_at
    assert last_with_rows(ran.config, [], "cities") is None


def test_the_names_of_what_ran_are_known(ran):
    assert ran_before(ran.config) == ["cities", "people"]
