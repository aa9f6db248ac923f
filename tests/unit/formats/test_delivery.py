import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidemill.formats import Recognised, delivered, layout_schema, recognise
from tidemill.formats.delivery import shared_tasks


@pytest.fixture(autouse=True)
def _utc(spark):
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    yield
    spark.conf.set("spark.sql.session.timeZone", before)


def _read(spark, paths, **fields):
    found = delivered(spark, [(str(path), recognise(str(path))) for path in paths], fields)
    assert found.dtypes == [(name, "string") for name in layout_schema(fields).names]
    return [row.asDict() for row in found.orderBy("_source", "_position").collect()]


def test_files_of_all_formats_come_out_in_one_layout(spark, tmp_path):
    (tmp_path / "1.csv").write_bytes(b"\xef\xbb\xbfid;city\r\n1;Bonn\r\nbroken\r\n")
    (tmp_path / "2.json").write_text('[{"id": 2, "city": "Kiel", "x": 1.50}]')
    (tmp_path / "3 größe.jsonl").write_text('{"id": 3, "city": null}\n{"id"\n')
    pq.write_table(pa.table({"id": [4], "city": ["Jena"]}), tmp_path / "4.parquet")

    rows = _read(spark, sorted(tmp_path.iterdir()), number="id", city="city")

    assert [(row["number"], row["city"], row["_rescued"], row["_raw"], row["_position"]) for row in rows] == [
        ("1", "Bonn", None, None, "000000000001"),
        (None, None, None, "broken", "000000000002"),
        ("2", "Kiel", '{"x":1.50}', None, "000000000001"),
        ("3", None, None, None, "000000000001"),
        (None, None, None, '{"id"', "000000000002"),
        ("4", "Jena", None, None, "000000000001"),
    ]
    assert {row["_source"] for row in rows} == {
        f"file://{tmp_path}/{name}" for name in ("1.csv", "2.json", "3%20größe.jsonl", "4.parquet")
    }


def test_no_file_gives_no_row(spark):
    assert _read(spark, [], id="id") == []


def test_parquet_values_are_written_as_spark_writes_them(spark, tmp_path):
    pq.write_table(
        pa.table(
            {
                "amount": pa.array([Decimal("29.850")], pa.decimal128(10, 3)),
                "local": pa.array([datetime(2024, 3, 31, 2, 30)], pa.timestamp("us")),
                "instant": pa.array([datetime(2024, 3, 31, 2, 30, tzinfo=UTC)], pa.timestamp("ms", "Europe/Berlin")),
                "day": [date(1500, 1, 1)],
                "flag": [True],
                "gone": pa.array([None], pa.int64()),
                "list": [[1, 2]],
            }
        ),
        tmp_path / "f.parquet",
    )
    names = ("amount", "local", "instant", "day", "flag", "gone", "list")

    (row,) = _read(spark, [tmp_path / "f.parquet"], **{name: name for name in names})

    assert [row[name] for name in names] == [
        "29.850", "2024-03-31 02:30:00", "2024-03-31 02:30:00", "1500-01-01", "true", None, "[1,2]",
    ]  # fmt: skip
    assert row["_rescued"] is None


def test_a_dotted_name_leads_into_a_struct_and_the_rest_is_rescued(spark, tmp_path):
    pq.write_table(
        pa.table(
            {"address": [{"city": "Bonn", "zip": "53111"}, None], "a.b": ["x", None], "n": [Decimal("1.50"), None]}
        ),
        tmp_path / "f.parquet",
    )

    first, second = _read(spark, [tmp_path / "f.parquet"], city="address.city", dotted="a.b", missing="nope.x")

    assert (first["city"], first["dotted"], first["missing"]) == ("Bonn", "x", None)
    assert json.loads(first["_rescued"]) == {"address": {"zip": "53111"}, "n": "1.50"}
    assert (second["city"], second["_rescued"], second["_position"]) == (None, None, "000000000002")


def test_parquet_files_of_other_schemas_stand_side_by_side(spark, tmp_path):
    folder = tmp_path / "day=1"
    folder.mkdir()
    pq.write_table(pa.table({"id": [1]}), folder / "a [1].parquet")
    pq.write_table(pa.table({"id": ["two"], "city": ["Kiel"]}), folder / "b{*}.parquet")
    pq.write_table(pa.table({"id": [3]}), tmp_path / "c.parquet")

    rows = _read(
        spark, [folder / "a [1].parquet", folder / "b{*}.parquet", tmp_path / "c.parquet"], id="id", city="city"
    )

    assert sorted((row["id"], row["city"], row["_rescued"]) for row in rows if row["city"]) == [("two", "Kiel", None)]
    assert [row["id"] for row in rows] == ["3", "1", "two"]
    assert rows[1]["_source"] == f"file://{folder}/a%20%5B1%5D.parquet"


def test_a_file_has_the_same_source_whichever_way_it_is_read(spark, tmp_path):
    name = "x,y;[1]@=&'()!~$#%20+é.data"
    pq.write_table(pa.table({"id": [1]}), tmp_path / name)
    from_parquet = _read(spark, [tmp_path / name], id="id")[0]["_source"]
    (tmp_path / name).write_text('{"id": 1}')

    assert _read(spark, [tmp_path / name], id="id")[0]["_source"] == from_parquet


def test_many_small_files_share_few_tasks_and_a_large_one_has_its_own():
    files = [(f"file:///{number}", Recognised("csv", 100)) for number in range(10_000)]
    files.append(("file:///large", Recognised("csv", 400 << 20)))

    tasks = shared_tasks(files)

    assert len(tasks) < 20
    assert sorted(uri for task in tasks for uri, _ in task) == sorted(uri for uri, _ in files)
    assert next(len(task) for task in tasks if "file:///large" in dict(task)) == 1
    assert shared_tasks([]) == []


def test_a_few_files_have_a_task_each():
    assert [len(task) for task in shared_tasks([(f"file:///{n}", Recognised("csv", 10)) for n in range(5)])] == [1] * 5
