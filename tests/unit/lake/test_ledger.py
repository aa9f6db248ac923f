import pytest

from tidemill.lake import Counts, Lake, Ledger, recorded_run, runs


def test_a_run_is_told_from_its_plan_to_its_end(lake):
    with recorded_run(lake, job="build_gold", dataset="weather_daily", plan={"inputs": {"silver.weather": 3}}) as run:
        run.counts = Counts(read=2, accepted=2)
        run.table_versions["gold.weather_daily"] = 0

    told = runs(lake).collect()
    assert [(row["event"], row["rows_read"], row["table_versions"]) for row in told] == [
        ("committed", 2, {"gold.weather_daily": 0})
    ]
    assert told[0]["run_id"] == run.id


def test_a_run_that_fails_is_recorded_and_goes_on_under_its_own_id(lake):
    with pytest.raises(ValueError, match="bad day"), recorded_run(lake, job="j", dataset="d") as first:
        raise ValueError("bad day")
    assert Ledger(lake).last("j", "d").event == "failed"

    with recorded_run(lake, job="j", dataset="d") as second:
        pass

    assert second.id == first.id
    assert Ledger(lake).last("j", "d").event == "committed"
    assert runs(lake).count() == 1


def test_a_run_after_a_committed_one_is_new_and_other_datasets_do_not_count(lake):
    with recorded_run(lake, job="j", dataset="d") as first:
        pass
    with recorded_run(lake, job="j", dataset="other") as other:
        pass
    with recorded_run(lake, job="j", dataset="d") as second:
        pass

    assert len({first.id, second.id, other.id}) == 3
    assert Ledger(lake).last("j", "d").sequence == 2


def test_the_end_of_a_run_is_told_once(lake):
    with recorded_run(lake, job="j", dataset="d") as run:
        pass
    Ledger(lake).commit(run)

    assert lake.read("ops.run_events").where("event = 'committed'").count() == 1


def test_books_balance_only_when_every_record_is_accounted_for():
    assert Counts(read=6, accepted=1, quarantined=1, duplicate=1, unchanged=1, stale=2, late=1).balance
    assert not Counts(read=2, accepted=1).balance


def test_a_run_that_was_killed_is_begun_anew_where_something_else_is_wanted_now(lake):
    class Killed(BaseException):
        pass

    def run(version, killed=False):
        with recorded_run(lake, job="j", dataset="d", plan={"version": version}) as begun:
            if killed:
                raise Killed
        return begun

    with pytest.raises(Killed):
        run(1, killed=True)
    again = run(1)
    with pytest.raises(Killed):
        run(2, killed=True)
    other = run(3)

    assert (again.run.sequence, other.run.sequence) == (1, 3)
    assert again.id != other.id


def test_a_lake_on_a_store_tells_the_same_of_its_runs_as_one_on_a_disk(lake, monkeypatch):
    ledger = Ledger(lake)
    for number in (1, 2):
        plan = {"contract": {"version": number}}
        with recorded_run(lake, job="ingest", dataset="d", plan=plan):
            pass
    planned = ledger.plan("ingest", "d", {"contract": {"version": 3}}, ledger.last("ingest", "d"), range={"to": 9})
    ledger.plan("ingest", "other", {}, None, range={"to": 1})

    def told():
        last, ended = ledger.last("ingest", "d"), ledger.last("ingest", "d", committed=True)
        return last, ended, ledger.range_of(planned), ledger.contract("d"), ledger.contract("e"), ledger.last("j", "d")

    on_disk = told()
    monkeypatch.setattr(Lake, "folder", lambda lake, name: None)

    assert told() == on_disk
    assert (on_disk[0].id, on_disk[0].sequence, on_disk[1].sequence) == (planned.id, 3, 2)
    assert on_disk[2:] == ({"to": 9}, {"version": 2}, None, None)
