import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tidemill.config import load_config
from tidemill.lake import Lake
from tidemill.lake.appending import NotAppended, append_rows
from tidemill.lake.arrow_rows import arrow_schema
from tidemill.lake.stored import opened

NAME = "ops.things"
SCHEMA = "id string, at timestamp, value double, n bigint, details map<string,string>"
NOON = datetime(2026, 5, 1, 12, 0, 0, 123457, UTC)
ONE = ("one", NOON, 1.5, 7, {"by": "ada", "note": "für später"})
BARE = ("bare", NOON, None, None, {})
COLUMNS = ["id", "at", "value", "n", "details"]


@pytest.fixture
def config(tmp_path):
    return load_config(home=str(tmp_path))


def rows(config):
    found = opened(config, NAME).rows(COLUMNS)
    return [(*(row[name] for name in COLUMNS[:-1]), dict(row["details"])) for row in found]


def spark_rows(spark, config):
    frame = Lake(spark, config.lake_root).read(NAME).select(*COLUMNS)
    # Python's driver tells times in the machine's zone, without it.
    return [(row[0], row[1].astimezone(UTC), *row[2:]) for row in frame.collect()]


def test_spark_and_the_writer_without_a_jvm_add_to_one_table_and_both_read_it(spark, config):
    lake = Lake(spark, config.lake_root)
    by_spark = ("two", NOON + timedelta(microseconds=1), 2.5, 8, {"by": "spark"})

    append_rows(config, NAME, [ONE], SCHEMA)
    lake.append(NAME, spark.createDataFrame([by_spark], SCHEMA), None)
    append_rows(config, NAME, [BARE], SCHEMA)

    expected = [BARE, ONE, by_spark]
    assert sorted(rows(config), key=str) == expected
    assert sorted(spark_rows(spark, config), key=str) == expected
    assert lake.version(NAME) == 2


def test_a_table_that_spark_made_is_added_to(spark, config):
    lake = Lake(spark, config.lake_root)

    lake.append(NAME, spark.createDataFrame([ONE], SCHEMA), None)
    append_rows(config, NAME, [BARE], SCHEMA)
    lake.compact(NAME)

    assert sorted(spark_rows(spark, config), key=str) == [BARE, ONE]
    assert sorted(rows(config), key=str) == [BARE, ONE]


def test_a_new_table_has_the_properties_of_the_lake_s_tables(spark, config):
    append_rows(config, NAME, [ONE], SCHEMA, statistics=["at"])

    told = DeltaTable(f"{config.lake_root}/ops/things").metadata().configuration
    assert told == {
        "delta.enableDeletionVectors": "false",
        "delta.checkpointInterval": "10",
        "delta.dataSkippingStatsColumns": "at",
    }
    assert Lake(spark, config.lake_root).read(NAME).schema.simpleString() == (
        "struct<id:string,at:timestamp,value:double,n:bigint,details:map<string,string>>"
    )


def test_a_time_of_another_zone_is_kept_as_the_same_moment(config):
    east = NOON.astimezone(timezone(timedelta(hours=5)))

    append_rows(config, NAME, [("east", east, None, None, {})], SCHEMA)

    assert [row[1] for row in rows(config)] == [NOON]


def test_files_whose_times_cannot_match_are_left_unread(config):
    for day in range(3):
        append_rows(config, NAME, [(f"day {day}", NOON + timedelta(days=day), None, None, {})], SCHEMA)
    table = opened(config, NAME)

    kept = table.may_hold({"at": (NOON + timedelta(days=2), None)})

    assert len(kept) == 1


def test_processes_and_threads_that_add_at_once_lose_nothing(config):
    code = (
        "import sys; from tests.unit.lake.test_appending import *\n"
        "config = load_config(home=sys.argv[1])\n"
        "for n in range(10): append_rows(config, NAME, [(f'{sys.argv[2]}-{n}', *BARE[1:])], SCHEMA)"
    )
    command = [sys.executable, "-c", code, config.home]
    with ThreadPoolExecutor(3) as several:
        ended = list(
            several.map(lambda name: subprocess.run([*command, name], check=False, env=dict(os.environ)), "abc")
        )
        list(several.map(lambda n: append_rows(config, NAME, [(f"t-{n}", *BARE[1:])], SCHEMA), range(10)))

    assert [one.returncode for one in ended] == [0, 0, 0]
    assert sorted(row[0] for row in rows(config)) == sorted(f"{who}-{n}" for who in "abct" for n in range(10))


def test_many_small_files_are_made_few(config, monkeypatch):
    monkeypatch.setattr("tidemill.lake.appending.COMPACTED_EVERY", 5)

    for n in range(12):
        append_rows(config, NAME, [(str(n), *BARE[1:])], SCHEMA)

    assert len(rows(config)) == 12
    assert len(DeltaTable(f"{config.lake_root}/ops/things").file_uris()) < 6


def test_where_nothing_can_be_written_the_table_and_the_reason_are_told(config, tmp_path):
    (tmp_path / "lake" / "ops").mkdir(parents=True)
    (tmp_path / "lake" / "ops" / "things").write_text("a file, where a folder is needed")

    with pytest.raises(NotAppended, match=r"ops\.things under .*lake did not take the rows"):
        append_rows(config, NAME, [ONE], SCHEMA)


def test_a_schema_in_spark_s_words_is_the_same_in_arrow_s():
    assert arrow_schema(SCHEMA) == pa.schema(
        [
            ("id", pa.string()),
            ("at", pa.timestamp("us", tz="UTC")),
            ("value", pa.float64()),
            ("n", pa.int64()),
            ("details", pa.map_(pa.string(), pa.string())),
        ]
    )
    assert arrow_schema("`check` string, uris array<string>") == pa.schema(
        [("check", pa.string()), ("uris", pa.list_(pa.string()))]
    )


@pytest.mark.parametrize("schema", ["a struct<b:int>", "a decimal(10,2)", "a float", "a map<string,float>"])
def test_a_type_that_is_not_known_is_refused(schema):
    with pytest.raises(ValueError, match="without a JVM"):
        arrow_schema(schema)
