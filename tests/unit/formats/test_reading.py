import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidemill.formats import read
from tidemill.formats.location import MissingFile


def rows(frame):
    return [tuple(row) for row in frame.collect()]


def test_a_file_is_given_as_delivered_in_its_order_and_under_its_names(spark, tmp_path):
    (tmp_path / "a.csv").write_text("Sales of May\n\nCity;;City;_source\n Bonn ;1;2;x\nUlm;;4;y\n")

    frame = read(spark, str(tmp_path / "a.csv"))

    assert frame.columns == ["City", "column_2", "City_2", "_source"]
    assert rows(frame) == [(" Bonn ", "1", "2", "x"), ("Ulm", "", "4", "y")]


def test_a_record_with_too_few_or_too_many_fields_is_given_as_it_is(spark, tmp_path):
    (tmp_path / "a.csv").write_text('a,b,c\n1,2,3\n4,5\n6,7,8,9,10\n"x,y",2,3\n')

    frame = read(spark, str(tmp_path / "a.csv"))

    assert frame.columns == ["a", "b", "c", "column_4", "column_5"]
    assert rows(frame)[1:3] == [("4", "5", None, None, None), ("6", "7", "8", "9", "10")]
    assert rows(frame)[3][0] == "x,y"


def test_a_folder_may_mix_formats(spark, tmp_path):
    (tmp_path / "a.csv").write_text("id,name\n1,Ann\n2,Bob\n")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"id": 3, "at": {"x": 1}}\n{"id": null, "late": true}\n'))
    pq.write_table(pa.table({"id": [5], "name": ["Eve"]}), tmp_path / "c.parquet")

    found = {row["id"]: row.asDict() for row in read(spark, str(tmp_path)).collect()}

    assert set(found) == {"1", "2", "3", None, "5"}
    assert found["5"] == {"id": "5", "name": "Eve", "at": None, "late": None}
    assert json.loads(found["3"]["at"]) == {"x": 1}
    assert found[None]["late"] == "true"


def test_a_record_that_does_not_parse_is_kept_where_records_are_asked_for(spark, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n{"id": \n{"id": 3}\n')

    assert rows(read(spark, str(tmp_path))) == [("1",), ("3",)]
    records = read(spark, str(tmp_path), records=True).where("_raw is not null").collect()
    assert [(row["id"], row["_raw"], row["_position"]) for row in records] == [(None, '{"id": ', "000000000002")]


def test_a_missing_file_is_named(spark, tmp_path):
    with pytest.raises(MissingFile, match=r"nowhere\.csv: there is no such file"):
        read(spark, str(tmp_path / "nowhere.csv"))
