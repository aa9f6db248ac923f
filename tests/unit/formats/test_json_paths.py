"""Records in an array of one object, each file with its records or its refusal."""

import pytest

from tidemill.formats import decoding
from tidemill.formats.json_paths import NoRecords


@pytest.fixture(params=[1 << 20, 11], ids=["one block", "small blocks"], autouse=True)
def _block(request, monkeypatch):
    monkeypatch.setattr(decoding, "BLOCK_BYTES", request.param)


PAGE = '{"meta": {"n": 2, "tags": ["a", "]"]}, "data": {"items": [{"id": 1}, {"id": 2, "x": [{"y": 1}]}], "z": "}{"}}'


@pytest.mark.parametrize("content", [PAGE, PAGE.replace(", ", ",\n ")])
def test_the_only_array_of_objects_is_found_and_told(parsed, content):
    found, rows, raws = parsed("a.json", content, fields=["id"])

    assert (found.format, found.records, found.columns) == ("json", "data.items", ("id", "x"))
    assert "records in 'data.items', the only array of objects in it" in found.why
    assert (rows, raws) == ({1: {"id": "1"}, 2: {"id": "2", "_rescued": '{"x":[{"y":1}]}'}}, {})


def test_the_array_can_be_named(parsed):
    content = '{"a": [{"id": 1}], "b": {"c": [{"id": 2}, 3, {"id": 4}]}}'

    assert parsed("a.json", content).found.records == ""
    assert "several arrays of objects in it: a, b.c" in parsed("a.json", content).found.why
    found, rows, raws = parsed("a.json", content, records="b.c")
    assert (found.columns, rows, raws) == (("id",), {1: {"id": "2"}, 3: {"id": "4"}}, {2: "3"})


def test_objects_one_after_the_other_give_the_records_of_each(parsed):
    content = '{"items": [{"id": 1}], "next": "x"}\n{"items": []}\n{"n": [1], "items": [{"id": 2}, {"id": 3}]}\n'

    _, rows, raws = parsed("a.json", content, records="items")

    assert ([row["id"] for row in rows.values()], raws) == (["1", "2", "3"], {})


def test_a_broken_record_is_given_up_alone_and_a_cut_file_keeps_what_is_whole(parsed):
    _, rows, raws = parsed("a.json", '{"items": [{"id": 1}, {"id": 2,}, {"id": 3}, {"id": 4', fields=["id"])

    assert (rows, raws) == ({1: {"id": "1"}, 3: {"id": "3"}}, {2: '{"id": 2,}', 4: '{"id": 4'})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"items": [{"id": 1}]}', "Arrays of objects in it: items"),
        ('{"rows": null}', "Arrays of objects in it: none"),
        ('[{"id": 1}]', "The file is one array of records"),
    ],
)
def test_an_array_that_is_not_there_is_refused(parsed, content, told):
    with pytest.raises(NoRecords, match=f"there is no 'rows' with records in it. {told}"):
        parsed("a.json", content, records="rows")


def test_an_object_that_lacks_the_array_later_is_told(parsed):
    with pytest.raises(NoRecords, match="An object behind record 1 lacks it"):
        parsed("a.json", '{"items": [{"id": 1}]}\n{"item": []}\n', records="items")


def test_an_object_without_an_array_of_objects_is_one_record(parsed):
    found, rows, _ = parsed("a.json", '{"id": 1, "tags": ["a"], "inner": {"n": [1]}}', fields=["id"])

    assert (found.records, len(rows)) == ("", 1)
