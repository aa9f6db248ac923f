"""The few rows that the ledger adds: on a local file system without Spark, and to Spark the same."""

import json

import pytest

from tidemill.lake import Lake, Mark

NAME = "ops.runs_seen"
SCHEMA = "id string, n bigint, uris array<string>, versions map<string,bigint>"
ROW = ("a", 1, ["x", "y"], {"silver.people": 3})


class OnAStore(Lake):
    """A lake whose store a writer without Spark does not know."""

    _is_local = False


@pytest.fixture(params=[Lake, OnAStore])
def lake(request, spark, tmp_path):
    return request.param(spark, str(tmp_path))


def rows(lake):
    return sorted(map(tuple, lake.read(NAME).select("id", "n", "uris", "versions").collect()))


def test_rows_are_recorded_and_read_by_spark(lake):
    lake.record(NAME, [ROW, ("b", None, None, None)], SCHEMA)

    assert rows(lake) == [ROW, ("b", None, None, None)]
    assert lake.read(NAME).schema.simpleString() == (
        "struct<id:string,n:bigint,uris:array<string>,versions:map<string,bigint>>"
    )


@pytest.mark.parametrize("first", ["record", "append"])
@pytest.mark.parametrize("second", ["record", "append"])
def test_a_mark_that_the_table_has_seen_adds_nothing_whoever_wrote_it(lake, first, second):
    mark, later = Mark("r1", "store", 1), Mark("r2", "store", 2)
    add = {
        "record": lambda mark: lake.record(NAME, [ROW], SCHEMA, mark),
        "append": lambda mark: lake.append(NAME, lake.spark.createDataFrame([ROW], SCHEMA), mark),
    }

    add[first](mark)
    add[second](mark)
    assert rows(lake) == [ROW]

    add[second](later)
    assert rows(lake) == [ROW, ROW]
    assert [json.loads(each.metadata)["run_id"] for each in lake.commits(NAME, 2)] == ["r2", "r1"]
    assert lake.committed(NAME, later)


def test_marks_are_still_known_when_a_checkpoint_has_taken_the_log_s_place(spark, tmp_path):
    lake = Lake(spark, str(tmp_path))
    marks = [Mark(f"r{n}", f"store {n % 3}", 1 + n // 3) for n in range(24)]
    for mark in marks:
        lake.record(NAME, [(mark.run_id, *ROW[1:])], SCHEMA, mark)

    for mark in marks:
        lake.record(NAME, [ROW], SCHEMA, mark)

    assert len(rows(lake)) == 24
    assert all(lake.committed(NAME, mark) for mark in marks)


def test_a_table_of_an_earlier_version_gets_the_columns_that_it_lacks(lake):
    lake.append(NAME, lake.spark.createDataFrame([("old", 1)], "id string, n bigint"), None)

    lake.record(NAME, [ROW], SCHEMA)

    assert rows(lake) == [ROW, ("old", 1, None, None)]


def test_rows_are_kept_apart_by_the_column_that_a_table_is_partitioned_by(lake):
    for name in ("a", "b"):
        lake.record(NAME, [(name, *ROW[1:])], SCHEMA, partition_by=("id",))

    assert rows(lake) == [ROW, ("b", *ROW[1:])]
    assert lake.read(NAME).where("id = 'b'").inputFiles()[0].rsplit("/", 2)[1] == "id=b"


def test_no_rows_are_a_table_all_the_same(lake):
    lake.record(NAME, [], SCHEMA)

    assert rows(lake) == []
