"""Files dropped into a folder, taken by Structured Streaming with a checkpoint."""

import json
from threading import Event, Thread

import pytest

from tidemill.contract import Contract
from tidemill.errors import RunFailed
from tidemill.lake import Counts
from tidemill.streams import stream_files


@pytest.fixture
def dropped(tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


def contract(folder):
    return Contract.model_validate(
        {
            "name": "readings",
            "version": 1,
            "mode": "stream",
            "source": {"kind": "files", "path": str(folder)},
            "columns": {
                "station": {"type": "string", "required": True},
                "hour": {"type": "int", "required": True},
                "value": {"type": "double", "max": 50},
            },
            "key": ["station", "hour"],
            "write": "upsert",
        }
    )


def drop(folder, name, *readings):
    lines = [json.dumps(dict(zip(("station", "hour", "value"), reading, strict=True))) for reading in readings]
    (folder / name).write_text("\n".join(lines) + "\n")


def stream(lake, folder, stopping=None):
    checkpoint = str(folder.parent / "checkpoint")
    return stream_files(
        lake.spark, lake, contract(folder), checkpoint, once=stopping is None, stopping=stopping or Event()
    )


def values(lake):
    return {(row["station"], row["hour"]): row["value"] for row in lake.read("silver.readings").collect()}


def test_what_is_there_is_taken_once_and_what_comes_later_by_the_next_run(lake, dropped):
    drop(dropped, "1.jsonl", ("A", 1, 10.5), ("A", 1, 10.5), ("B", 1, 99))

    (first,) = stream(lake, dropped)
    assert first.counts == Counts(read=3, accepted=1, quarantined=1, duplicate=1)
    assert stream(lake, dropped) == []

    drop(dropped, "2.jsonl", ("A", 2, 11), ("A", 1, 12.5))
    (second,) = stream(lake, dropped)
    assert second.counts == Counts(read=2, accepted=2)
    assert values(lake) == {("A", 1): 12.5, ("A", 2): 11.0}


def test_a_lost_checkpoint_loads_nothing_twice_as_the_ledger_knows_the_files(lake, dropped):
    drop(dropped, "1.jsonl", ("A", 1, 10.5))
    stream(lake, dropped)
    (dropped.parent / "checkpoint").rename(dropped.parent / "lost")

    assert stream(lake, dropped) == []
    assert lake.read("bronze.readings").count() == 1


def test_a_file_that_cannot_be_taken_is_told_in_its_own_words(lake, dropped):
    (dropped / "1.parquet").write_bytes(b"PAR1 and no more of it")

    with pytest.raises(RunFailed, match=r"1\.parquet") as told:
        stream(lake, dropped)
    assert "Traceback" not in str(told.value)


def test_a_continuous_stream_ends_after_its_batch_when_it_is_told_to_stop(lake, dropped):
    drop(dropped, "1.jsonl", ("A", 1, 10.5))
    stopping, ended = Event(), []
    worker = Thread(target=lambda: ended.extend(stream(lake, dropped, stopping)))
    worker.start()
    stopping.set()
    worker.join(timeout=120)

    assert not worker.is_alive()
    assert [run.counts for run in ended] in ([], [Counts(read=1, accepted=1)])
