"""Query B: silver's readings in windows, through kills, lost checkpoints and late readings."""

import os
import random
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import functions as F

from tests.stream_contracts import site_contract
from tidemill.contract.stream import window_table
from tidemill.lake.batches import newest_mark
from tidemill.streams.windows import query, rebuild_windows, stream_windows, windows
from tidemill.streams.windows import tables as window_tables

START = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
SILVER = (
    "station string, at timestamp, value double, _warnings array<string>, _source string, _run_id string, "
    "_loaded_at timestamp"
)
LENGTHS = ("1 minute", "1 day")


def contract(**stream):
    return site_contract(**{"windows": list(LENGTHS), **stream})


def drawn(seed, count=60, hours=5):
    chance = random.Random(seed)
    return [
        (chance.choice("ABC"), START + timedelta(seconds=chance.randint(0, hours * 3600)), chance.gauss(20, 5))
        for _ in range(count)
    ]


# Ends for ever after the first table's commit.
KILLED = """
import sys, time
from threading import Event
from pyspark.sql import SparkSession
from tidemill.contract import Contract
from tidemill.contract.stream import window_table
from tidemill.lake import Lake
from tidemill.streams.windows import stream_windows, tables

root, checkpoint, contract = sys.argv[1:]
exchange = tables.exchange

def exchange_once(*arguments):
    exchange(*arguments)
    print("one table has the batch", flush=True)
    time.sleep(600)

tables.exchange = exchange_once
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
stream_windows(spark, Lake(spark, root), Contract.model_validate_json(contract), checkpoint, True, Event())
"""


class Site:
    """A silver table that readings are put into, and the query that follows it."""

    def __init__(self, lake, folder):
        self.lake, self.checkpoint = lake, str(folder / "checkpoint")
        self.contract = contract()

    def put(self, readings, **more):
        rows = [(*reading, [], "t", "r", datetime.now(UTC)) for reading in readings]
        frame = self.lake.spark.createDataFrame(rows, SILVER).coalesce(1)
        self.lake.append("silver.site", frame.withColumns({name: F.lit(value) for name, value in more.items()}), None)

    def follow(self):
        stream_windows(self.lake.spark, self.lake, self.contract, self.checkpoint, once=True, stopping=Event())

    def table(self, length):
        return window_table("site", length)

    def kept(self, length):
        return _bits(self.lake.read(self.table(length)))

    def recomputed(self, length, calibration=None):
        silver = self.lake.read("silver.site")
        return _bits(windows(silver, self.contract, length, datetime.now(UTC), calibration))

    def agrees(self, *lengths):
        return all(self.kept(length) == self.recomputed(length) != set() for length in lengths or LENGTHS)

    def epoch(self):
        return newest_mark(self.lake, self.table("1 day")).epoch


def _bits(frame):
    return set(map(repr, frame.drop("updated_at").collect()))


@pytest.fixture
def site(lake, tmp_path):
    return Site(lake, tmp_path)


def test_windows_equal_the_batch_whatever_came_late_and_in_how_many_batches(site, monkeypatch):
    monkeypatch.setattr(query, "FILES_PER_BATCH", 1)
    readings = drawn(1, 90)
    for part in (readings[:5], readings[5:50], readings[50:]):
        site.put(part)
    site.follow()

    assert newest_mark(site.lake, site.table("1 day")).batch == 2
    assert site.agrees()
    assert site.lake.read("ops.stream_progress").agg(F.sum("rows")).first()[0] == 90


def test_a_kill_between_the_tables_commits_neither_loses_nor_doubles(site, monkeypatch):
    site.put(drawn(2))
    commits = []

    def killed_at_the_second(*arguments):
        commits.append(arguments[1])
        if len(commits) == 2:
            raise RuntimeError("killed")
        window_tables_exchange(*arguments)

    window_tables_exchange = window_tables.exchange
    monkeypatch.setattr(window_tables, "exchange", killed_at_the_second)
    with pytest.raises(StreamingQueryException, match="killed"):
        site.follow()
    assert commits == ["gold.site_1_minute", "gold.site_1_day"]
    monkeypatch.undo()

    site.follow()
    assert site.agrees()


@pytest.mark.slow
def test_a_sigkill_between_two_tables_commits_neither_loses_nor_doubles(site, tmp_path):
    site.put(drawn(11))
    job = [sys.executable, "-c", KILLED, site.lake.root, site.checkpoint, site.contract.model_dump_json(by_alias=True)]
    with subprocess.Popen(job, stdout=subprocess.PIPE, start_new_session=True) as running:
        told = b"one table has the batch\n" in running.stdout
        os.killpg(running.pid, signal.SIGKILL)
    assert told
    marks = [newest_mark(site.lake, site.table(length)).batch for length in LENGTHS]
    assert marks == [0, -1]

    site.follow()
    assert site.agrees()
    assert newest_mark(site.lake, site.table("1 minute")).batch == 0


def test_a_lost_checkpoint_makes_the_windows_again(site):
    site.put(drawn(4))
    site.follow()
    epoch = site.epoch()
    shutil.rmtree(site.checkpoint)
    site.put(drawn(5))

    site.follow()
    assert site.agrees()
    assert site.epoch() != epoch
    assert [path.name for path in Path(site.checkpoint).iterdir()] == [site.epoch()]


@pytest.mark.slow
def test_a_table_that_was_set_back_and_a_new_length_make_the_windows_again(site):
    site.put(drawn(6))
    site.follow()
    site.lake.spark.sql(f"restore table delta.`{site.lake.table('gold.site_1_day')}` to version as of 0")
    assert not site.agrees()
    site.follow()
    assert site.agrees()

    site.contract = contract(windows=["15 minutes", "1 day"])
    site.follow()
    assert site.agrees("15 minutes", "1 day")


def test_a_new_calibration_counts_for_what_comes_later_and_a_rebuild_makes_all_equal(site, spark):
    site.contract = contract(calibration={"table": "silver.offsets", "since": "since"})
    offsets = spark.createDataFrame([("A", START, 1.0)], "station string, since timestamp, offset double")
    site.lake.append("silver.offsets", offsets, None)
    site.put([("A", START, 10.0)])
    site.follow()
    later = spark.createDataFrame([("A", START, 2.0)], "station string, since timestamp, offset double")
    site.lake.append("silver.offsets", later, None)
    site.put([("A", START + timedelta(seconds=1), 10.0)])
    site.follow()
    (mixed,) = site.lake.read(site.table("1 day")).collect()
    assert (mixed["min"], mixed["max"]) == (11.0, 12.0)

    rebuild_windows(site.lake, site.contract, site.checkpoint)
    site.put([("A", START + timedelta(seconds=2), 10.0)])
    site.follow()
    (equal,) = site.lake.read(site.table("1 day")).collect()
    assert (equal["min"], equal["max"], equal["count"]) == (12.0, 12.0, 3)


@pytest.mark.slow
def test_rows_erased_from_silver_leave_the_windows_when_they_are_made_again(site):
    site.put(drawn(7))
    site.follow()
    site.lake.spark.sql(f"delete from delta.`{site.lake.table('silver.site')}` where station = 'A'")
    site.put(drawn(8, 5))
    site.follow()
    assert not site.agrees()

    rebuild_windows(site.lake, site.contract, site.checkpoint)
    site.put(drawn(9, 5))
    site.follow()
    assert site.agrees()


def test_it_goes_on_when_silver_gets_a_column_and_stops_between_two_batches(site):
    stopping = Event()
    site.put(drawn(10, 10))
    arguments = (site.lake.spark, site.lake, site.contract, site.checkpoint, False, stopping, "1 second")
    running = Thread(target=stream_windows, args=arguments)
    running.start()
    _caught_up(site, running)
    site.put(drawn(12, 10), humidity=0.5)
    _caught_up(site, running)
    stopping.set()
    running.join(60)
    assert not running.is_alive()
    assert site.agrees()


def _caught_up(site, running):
    while not (site.lake.exists(site.table("1 day")) and site.kept("1 day") == site.recomputed("1 day")):
        assert running.is_alive()
