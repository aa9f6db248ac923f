"""Readings from a real topic: each exactly once, whenever the stream dies, and none lost for coming late."""

import json
import shutil
from threading import Event, Thread

import pytest

from tests.integration.streams.conftest import NOON
from tests.waiting import until
from tidemill.ingest.refusals import FailedCheck
from tidemill.lake import Counts, Held, held
from tidemill.streams import stream_readings
from tidemill.streams.readings.checkpoint import Checkpoint, CheckpointGone, OtherCheckpoint
from tidemill.streams.readings.minutes import Minutes
from tidemill.streams.readings.tables import BatchTables

LAYERS = ("bronze", "silver", "quarantine")


class Killed(Exception):
    """What a kill is to the code that it interrupts."""


def killed(*given):
    raise Killed("Killed")


def test_every_record_is_accounted_for_and_lies_where_it_belongs(lake, own, send, stream, silver):
    send(("a", 0, 1.0), ("a", 1, 200.0), "{poison", ("a", 0, 1.0), partition=0)
    send(("b", 0, 2.0), partition=1)

    (run,) = stream(own())

    assert run.counts == Counts(read=5, accepted=2, quarantined=2, duplicate=1)
    assert silver() == [("a", 0, 1.0), ("b", 0, 2.0)]
    assert lake.read("bronze.site").count() == 5
    reasons = {row["_failures"][0]["check"] for row in lake.read("quarantine.site").collect()}
    assert reasons == {"value.max", "record.parse"}
    checks = {row["check"]: row["rows_failed"] for row in lake.read("ops.checks").collect()}
    assert checks == {"value.max": 1, "record.parse": 1}


def test_a_reading_that_comes_again_in_a_later_run_is_known(lake, own, send, stream, silver):
    send(("a", 0, 1.0), ("a", 10, 2.0))
    stream(own())
    send(("a", 0, 1.0), ("a", 10, 2.0), ("a", 5, 3.0), ("a", 11, 4.0))

    (run,) = stream(own())

    assert run.counts == Counts(read=4, accepted=2, duplicate=2)
    assert silver() == [("a", 0, 1.0), ("a", 5, 3.0), ("a", 10, 2.0), ("a", 11, 4.0)]


def test_a_reading_that_comes_after_its_window_closed_reaches_silver_and_is_counted(lake, own, send, stream, silver):
    send(("a", 0, 1.0), ("a", 600, 2.0))
    stream(own())
    send(("a", 1, 3.0), ("b", 590, 4.0))

    (run,) = stream(own())

    assert run.counts == Counts(read=2, accepted=2, late=1)
    assert len(silver()) == 4


def test_where_nothing_came_nothing_is_recorded(lake, own, send, stream):
    send(("a", 0, 1.0))
    stream(own())

    assert stream(own()) == []
    assert lake.read("ops.run_events").count() == 2


def test_a_member_that_the_contract_does_not_name_is_kept_in_bronze(lake, own, send, stream):
    send(json.dumps({"station": "a", "at": NOON.isoformat(), "value": 1, "firmware": "2.1"}))
    stream(own())

    (row,) = lake.read("bronze.site").collect()
    assert json.loads(row["_rescued"])["firmware"] == "2.1"


@pytest.mark.parametrize("layer", [None, *LAYERS])
def test_a_stream_killed_between_two_commits_leaves_every_reading_once(
    lake, own, send, stream, silver, layer, monkeypatch
):
    send(("a", 0, 1.0), ("a", 0, 1.0), ("a", 1, 200.0), ("b", 3, 1.0))
    stream(own())
    send(("a", 0, 1.0), ("a", 2, 1.0), ("b", 4, 500.0), ("b", 5, 1.0))

    def killed_after(self, batch, run_id, told, tables, beside):
        some = {name: rows for name, rows in tables.items() if layer and name.startswith(layer)}
        write(self, batch, run_id, told, some)
        raise Killed("Killed")

    write = BatchTables.write
    with monkeypatch.context() as dying:
        dying.setattr(BatchTables, "write", killed_after)
        with pytest.raises(Exception, match="Killed"):
            stream(own())
    (run,) = stream(own())

    assert run.counts == Counts(read=4, accepted=2, quarantined=1, duplicate=1)
    assert silver() == [("a", 0, 1.0), ("a", 2, 1.0), ("b", 3, 1.0), ("b", 5, 1.0)]
    assert [lake.read(f"{each}.site").count() for each in LAYERS] == [8, 4, 2]
    events = lake.read("ops.run_events").where("event = 'committed'")
    assert events.selectExpr("sum(rows_read)").first()[0] == 8


@pytest.mark.parametrize("moment", ["keep", "end"])
def test_a_stream_killed_after_its_tables_goes_on_where_it_was(lake, own, send, stream, silver, moment, monkeypatch):
    send(("a", 0, 1.0))
    stream(own())
    send(("a", 1, 1.0), ("a", 1, 1.0))
    place = {"keep": (Checkpoint, "keep"), "end": (Minutes, "end")}[moment]
    whole = getattr(*place)

    def killed_after(self, *given):
        whole(self, *given)
        raise Killed("Killed")

    with monkeypatch.context() as dying:
        dying.setattr(*place, killed_after)
        with pytest.raises(Exception, match="Killed"):
            stream(own())
    send(("a", 2, 1.0), ("a", 1, 1.0))
    stream(own())

    assert silver() == [("a", 0, 1.0), ("a", 1, 1.0), ("a", 2, 1.0)]
    committed = lake.read("ops.run_events").where("event = 'committed'").agg({"rows_read": "sum"}).first()[0]
    assert committed == lake.read("bronze.site").count() == 5


@pytest.mark.parametrize("moment", ["write", "keep", "end"])
def test_a_run_that_was_killed_ends_with_the_next_start_though_nothing_else_came(
    lake, own, send, stream, moment, monkeypatch
):
    send(("a", 0, 1.0), ("a", 0, 1.0))
    place = {"write": (BatchTables, "write"), "keep": (Checkpoint, "keep"), "end": (Minutes, "end")}[moment]

    with monkeypatch.context() as dying:
        dying.setattr(*place, killed)
        with pytest.raises(Exception, match="Killed"):
            stream(own())
    (run,) = stream(own())

    assert run.counts == Counts(read=2, accepted=1, duplicate=1)
    assert stream(own()) == []


@pytest.mark.parametrize("killed_before", [False, True])
def test_a_run_ends_after_its_time_though_nothing_else_comes(
    lake, own, send, stream, tmp_path, monkeypatch, killed_before
):
    send(("a", 0, 1.0), ("a", 1, 2.0))
    if killed_before:
        with monkeypatch.context() as dying, pytest.raises(Killed):
            dying.setattr(Minutes, "end", killed)
            stream(own())
    monkeypatch.setattr("tidemill.streams.readings.batches.RUN_SECONDS", 0.5)
    stopping, heard = Event(), []

    def work():
        stream_readings(lake, own(), str(tmp_path / "checkpoint"), "", False, stopping, heard.extend)

    thread = Thread(target=work)
    thread.start()
    try:
        until(lambda: heard)
    finally:
        stopping.set()
        thread.join()

    assert [run.counts for run in heard] == [Counts(read=2, accepted=2)]


def test_a_stream_that_is_stopped_at_once_ends_no_run_whose_batch_is_to_be_repeated(
    lake, own, send, stream, silver, monkeypatch
):
    send(("a", 0, 1.0))
    stream(own())
    send(("a", 1, 1.0), ("a", 2, 2.0))

    def killed_after_bronze(self, batch, run_id, told, tables, beside):
        write(self, batch, run_id, told, {"bronze.site": tables["bronze.site"]})
        raise Killed("Killed")

    write = BatchTables.write
    with monkeypatch.context() as dying:
        dying.setattr(BatchTables, "write", killed_after_bronze)
        with pytest.raises(Exception, match="Killed"):
            stream(own())

    assert stream(own(), stopped=True) == []
    (run,) = stream(own())
    assert run.counts == Counts(read=2, accepted=2)
    assert len(silver()) == 3


def test_a_checkpoint_that_is_gone_is_told_and_a_restart_doubles_nothing(lake, own, send, stream, silver, tmp_path):
    send(("a", 0, 1.0), ("a", 100, 2.0))
    stream(own())
    shutil.rmtree(tmp_path / "checkpoint")

    with pytest.raises(CheckpointGone, match="--restart"):
        stream(own())
    send(("a", 101, 3.0))
    (run,) = stream(own(), restart=True)

    assert run.counts == Counts(read=3, accepted=1, duplicate=2)
    assert silver() == [("a", 0, 1.0), ("a", 100, 2.0), ("a", 101, 3.0)]


def test_a_restart_reads_from_the_beginning_where_a_first_run_begins_at_the_end(own, send, stream):
    latest = own(source={"start": "latest"})
    send(("a", 0, 1.0))
    stream(latest)
    send(("a", 1, 1.0))

    (first,) = stream(latest)
    (second,) = stream(latest, restart=True)

    assert first.counts == Counts(read=1, accepted=1)
    assert second.counts == Counts(read=2, accepted=1, duplicate=1)


def test_a_restart_counts_what_a_killed_run_had_done_under_the_old_checkpoint(lake, own, send, stream, monkeypatch):
    send(("a", 0, 1.0))

    with monkeypatch.context() as dying:
        dying.setattr(Checkpoint, "keep", killed)
        with pytest.raises(Exception, match="Killed"):
            stream(own())
    (run,) = stream(own(), restart=True)

    assert run.counts == Counts(read=2, accepted=1, duplicate=1)
    assert lake.read("bronze.site").count() == 2


def test_a_checkpoint_of_another_version_is_refused(lake, own, send, stream, tmp_path):
    send(("a", 0, 1.0))
    stream(own())
    file = tmp_path / "checkpoint" / "store.json"
    told = json.loads(file.read_text())
    file.write_text(json.dumps({**told, "format": 99}))

    with pytest.raises(OtherCheckpoint, match="format 99"):
        stream(own())


def test_a_check_that_must_hold_stops_the_stream_with_bronze_alone_and_a_mended_contract_goes_on(
    lake, own, send, stream
):
    send(("a", 0, 1.0), ("a", 1, 200.0))

    with pytest.raises(FailedCheck, match=r"value\.max"):
        stream(own(value={"on_fail": "fail"}))
    assert lake.read("bronze.site").count() == 2
    assert not lake.exists("silver.site")
    (run,) = stream(own())

    assert run.counts == Counts(read=2, accepted=1, quarantined=1)
    assert lake.read("bronze.site").count() == 2


def test_a_second_stream_of_a_dataset_is_told_who_holds_it(lake, own, stream):
    with held(lake.root, "site.readings", "stream"), pytest.raises(Held, match="held by stream"):
        stream(own())
