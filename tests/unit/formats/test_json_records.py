"""JSON as it is found, each file with the records and the unparsed texts that must come out of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemill.formats import decoding, recognise
from tidemill.formats.delivery import parsed_file
from tidemill.formats.json_records import taken
from tidemill.formats.json_text import DECODER, json_text
from tidemill.formats.location import canonical_uri


def _read(path, content, **fields):
    """Recognise and parse a file: {position: (values, rescued) or the unparsed text}."""
    path.write_bytes(content)
    recognised = recognise(str(path))
    found = {}
    for batch in parsed_file(canonical_uri(str(path)), recognised, fields):
        for row in batch.to_pylist():
            parsed = ([row[name] for name in fields], row["_rescued"])
            assert int(row["_position"]) not in found
            found[int(row["_position"])] = parsed if row["_raw"] is None else row["_raw"]
            assert row["_raw"] is None or {*parsed[0], parsed[1]} == {None}
    return dict(sorted(found.items()))


@pytest.fixture(params=[1 << 20, 11], ids=["one block", "small blocks"], autouse=True)
def _block(request, monkeypatch):
    monkeypatch.setattr(decoding, "BLOCK_BYTES", request.param)


def test_values_keep_their_delivered_text(tmp_path):
    content = (
        b'{"id": 29.850, "a": 1E5, "b": true, "c": null, "d": [1.0, {"x": -0.10}], "e": "\\u00e9", "f": NaN}\n' * 2
    )

    found = _read(tmp_path / "f.jsonl", content, **{name: name for name in ("id", "a", "b", "c", "d", "e", "f", "g")})

    assert found[1] == (["29.850", "1E5", "true", None, '[1.0,{"x":-0.10}]', "é", "NaN", None], None)


def test_the_position_of_a_json_line_is_its_line_and_broken_lines_are_kept(tmp_path):
    content = b'{"id": 1}\r\n\r\n{"id": 2, "na\n[3]\n5\n{"id": 6} trailing\n{"id": "\\ud800"}\n'
    content += b'{"id": "\xe2\x82\xac \xff"}\n{"id": "8\xe2\x82\xac\xe2\x82\xac"}'

    found = _read(tmp_path / "f.jsonl", content, id="id")

    assert found == {
        1: (["1"], None),
        3: '{"id": 2, "na',
        4: "[3]",
        5: "5",
        6: '{"id": 6} trailing',
        7: '{"id": "\\ud800"}',
        8: '{"id": "€ \\xff"}',
        9: (["8€€"], None),
    }


def test_a_line_separator_inside_a_string_ends_no_line(tmp_path):
    found = _read(tmp_path / "f.jsonl", '{"id": "a\u2028b"}\n{"id": "c"}\n'.encode(), id="id")

    assert found == {1: (["a\u2028b"], None), 2: (["c"], None)}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_json_is_read_in_any_unicode(tmp_path, encoding):
    found = _read(tmp_path / "f.json", '[{"name": "Zoë"}, {"name": "漢"}]'.encode(encoding), name="name")

    assert found == {1: (["Zoë"], None), 2: (["漢"], None)}


def test_the_position_in_an_array_is_the_number_of_the_record(tmp_path):
    content = b'\n[ {"id": 1, "t": "}]"} ,\n {"id": 2, "x": {"y": [1, 2]}},{"id": 3,}, 4, {"id": 5} ]\n'

    found = _read(tmp_path / "f.json", content, id="id")

    assert found == {
        1: (["1"], '{"t":"}]"}'),
        2: (["2"], '{"x":{"y":[1,2]}}'),
        3: '{"id": 3,}',
        4: "4",
        5: (["5"], None),
    }


def test_an_array_that_is_cut_keeps_what_is_whole(tmp_path):
    found = _read(tmp_path / "f.json", b'[{"id": 1}, {"id": 2}, {"id": 3, "name": "An', id="id")

    assert found == {1: (["1"], None), 2: (["2"], None), 3: '{"id": 3, "name": "An'}


def test_one_object_is_one_record(tmp_path):
    assert _read(tmp_path / "f.json", b'{\n  "id": 1,\n  "tags": ["a"]\n}\n', id="id") == {1: (["1"], '{"tags":["a"]}')}
    assert _read(tmp_path / "f.json", b"[]", id="id") == {}


def test_a_name_that_stands_twice_in_a_record_loses_no_value(tmp_path):
    found = _read(tmp_path / "f.jsonl", b'{"a": 1, "a": 2, "a_2": 3}\n', a="a", second="a_2")

    assert found == {1: (["1", "3"], '{"a_3":2}')}


@pytest.mark.parametrize(
    ("record", "values", "rest"),
    [
        ('{"address":{"city":"Bonn","zip":"53111"},"x":1}', ["Bonn"], '{"address":{"zip":"53111"},"x":1}'),
        ('{"address":{"city":"Bonn"}}', ["Bonn"], None),
        ('{"address.city":"Kiel","address":{"city":"Bonn"}}', ["Kiel"], '{"address":{"city":"Bonn"}}'),
        ('{"address":"Bonn"}', [None], '{"address":"Bonn"}'),
        ('{"address":null}', [None], '{"address":null}'),
        ('{"address":{"zip":1}}', [None], '{"address":{"zip":1}}'),
    ],
)
def test_a_dotted_name_leads_into_nested_objects_unless_a_column_has_that_name(record, values, rest):
    assert taken(DECODER.decode(record), ["address.city"]) == (values, rest)


def test_deep_nesting_breaks_its_record_alone(tmp_path):
    content = b'{"id": 1}\n{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b'}\n{"id": 3}\n'

    found = _read(tmp_path / "f.jsonl", content, id="id")

    assert (found[1], found[3]) == ((["1"], None), (["3"], None))
    assert found[2].startswith('{"id": [[[')


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100)
@given(_JSON)
def test_json_read_and_written_again_is_the_same_text(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    assert json_text(DECODER.decode(text)) == text
