"""Broken and odd csv files, each with the records and the unparsed texts that must come out of it."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidemill.formats import csv_records, decoding, recognise
from tidemill.formats.csv_text import RecordTooLong
from tidemill.formats.delivery import parsed_file
from tidemill.formats.location import canonical_uri


def _read(path, content, fields=None):
    """Recognise and parse a file: {position: values or the unparsed text}."""
    path.write_bytes(content)
    recognised = recognise(str(path))
    wanted = fields or {name: name for name in recognised.columns}
    found = {}
    for batch in parsed_file(canonical_uri(str(path)), recognised, wanted):
        for row in batch.to_pylist():
            values = [row[name] for name in wanted]
            assert int(row["_position"]) not in found
            found[int(row["_position"])] = values if row["_raw"] is None else row["_raw"]
            assert row["_raw"] is None or (set(values) | {row["_rescued"]} == {None})
    return dict(sorted(found.items()))


def _lines(count, start=1):
    return "".join(f"{number},name {number}\n" for number in range(start, start + count))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            b"id,name\n1,Ann\n2\n3,Bob,x\n4,Cy\n5,Di\n6,Ed\n",
            {1: ["1", "Ann"], 2: "2", 3: "3,Bob,x", 4: ["4", "Cy"], 5: ["5", "Di"], 6: ["6", "Ed"]},
            id="wrong field counts",
        ),
        pytest.param(
            b'id,note\n1,"two\nlines, ""quoted"""\n2,plain\n',
            {1: ["1", 'two\nlines, "quoted"'], 2: ["2", "plain"]},
            id="quotes and line ends in a field",
        ),
        pytest.param(
            b"\xef\xbb\xbfid;price\r\n1;2,50\r\n2;3,75\r\n",
            {1: ["1", "2,50"], 2: ["2", "3,75"]},
            id="mark and semicolon",
        ),
        pytest.param("id,name\n1,Zoë\n".encode("latin-1"), {1: ["1", "Zoë"]}, id="Latin-1"),
        pytest.param("id,name\n1,Zoë\n2,漢\n".encode("utf-16"), {1: ["1", "Zoë"], 2: ["2", "漢"]}, id="UTF-16"),
        pytest.param(
            b"id,name\r\n1,Ann\n2,Bob\r3,Cy\r\n",
            {1: ["1", "Ann"], 2: ["2", "Bob"], 3: ["3", "Cy"]},
            id="mixed line ends",
        ),
        pytest.param(b"name\nAnn\n\n  \nBob", {1: ["Ann"], 2: ["  "], 3: ["Bob"]}, id="one column"),
        pytest.param(
            b"\n\nid,name\n\n1,Ann\n   \n\n2,\n3,Cy\n",
            {1: ["1", "Ann"], 2: ["2", ""], 3: ["3", "Cy"]},
            id="blank lines",
        ),
        pytest.param(
            b"a\tb\tc\n1\t2\t3\n\t\t\n\t\n \n", {1: ["1", "2", "3"], 2: ["", "", ""], 3: "\t"}, id="tabs alone"
        ),
        pytest.param(b'id,name\n1,""\n2,\n', {1: ["1", ""], 2: ["2", ""]}, id="empty fields"),
        pytest.param(
            b'id,name\n1,"Ann"x\n2,Bob\n3,C"y"\n', {1: '1,"Ann"x', 2: ["2", "Bob"], 3: ["3", 'C"y"']}, id="stray quotes"
        ),
        pytest.param(
            b'id,name\n1,"never closed\n2,Bob\n3,"Cy"\n4,Di\n',
            {1: '1,"never closed', 2: ["2", "Bob"], 3: ["3", "Cy"], 4: ["4", "Di"]},
            id="a quote that is never closed",
        ),
        pytest.param(
            b'id,name\n1,Ann\n2,Bob\n3,"cut',
            {1: ["1", "Ann"], 2: ["2", "Bob"], 3: '3,"cut'},
            id="cut in a quoted field",
        ),
        pytest.param(
            "id,name\n1,Zoë\n2,größe\n".encode() + b"3,bad \xff byte\n4,ok\n",
            {1: ["1", "Zoë"], 2: ["2", "größe"], 3: "3,bad \\xff byte", 4: ["4", "ok"]},
            id="a byte that is no UTF-8",
        ),
        pytest.param(
            "id\tname\n1\tAnn\n2\t".encode("utf-16-le") + b"\x00\xd8" + "x\n3\tCy\n".encode("utf-16-le"),
            {1: ["1", "Ann"], 2: "2\t\\x00\\xd8x", 3: ["3", "Cy"]},
            id="half a character of UTF-16",
        ),
        pytest.param(b"id,name\n1,a\x00b\n2," + b"c" * 99, {1: ["1", "a\x00b"], 2: ["2", "c" * 99]}, id="a zero byte"),
        pytest.param(
            b'id,note\n1,"say \\"hi\\", Bob"\n2,"x"\n', {1: ["1", 'say "hi", Bob'], 2: ["2", "x"]}, id="escaped quotes"
        ),
        pytest.param(b"'id','name'\n'1','a,b'\n'2','c'\n", {1: ["1", "a,b"], 2: ["2", "c"]}, id="apostrophes"),
        pytest.param(b"1,Ann\n2,Bob\n", {1: ["1", "Ann"], 2: ["2", "Bob"]}, id="no header"),
        pytest.param(b"id,name\n1,Ann,x\n2,Bob,y\n", {1: ["1", "Ann", "x"], 2: ["2", "Bob", "y"]}, id="a short header"),
    ],
)
@pytest.mark.parametrize("block", [1 << 20, 7])
def test_every_record_of_a_broken_file_comes_out_in_its_place(tmp_path, monkeypatch, content, expected, block):
    monkeypatch.setattr(decoding, "BLOCK_BYTES", block)

    assert _read(tmp_path / "file.txt", content) == expected


def test_a_bad_byte_far_behind_the_head_spoils_its_record_alone(tmp_path):
    content = b"id,name\n" + _lines(200_000).encode() + b"200001,caf\xe9\n" + _lines(100_000, 200_002).encode()

    found = _read(tmp_path / "long.csv", content)

    assert found[200_001] == "200001,caf\\xe9"
    assert len(found) == 300_001
    assert all(found[number] == [str(number), f"name {number}"] for number in range(200_002, 300_002))


def test_what_no_field_names_is_rescued(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes('id,a "b",c\n1,x,é\n2,"say ""hi""",\n'.encode())

    batch = next(parsed_file(canonical_uri(str(path)), recognise(str(path)), {"number": "id", "missing": "nope"}))

    assert batch.to_pydict() == {
        "number": ["1", "2"],
        "missing": [None, None],
        "_rescued": ['{"a \\"b\\"":"x","c":"é"}', '{"a \\"b\\"":"say \\"hi\\"","c":""}'],
        "_raw": [None, None],
        "_source": [path.as_uri()] * 2,
        "_position": ["000000000001", "000000000002"],
    }


def test_a_record_without_an_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_records, "LONGEST_RECORD", 1 << 20)

    with pytest.raises(RecordTooLong, match=r"file\.csv: a record does not end within"):
        _read(tmp_path / "file.csv", b"id,name\n1,Ann\n2," + b"x" * (3 << 20))


def test_a_field_of_many_blocks_stays_whole(tmp_path):
    long = 'a longer line, of "text"\n' * 100_000

    found = _read(tmp_path / "file.csv", f'id,note\n1,"{long.replace(chr(34), chr(34) * 2)}"\n2,x\n'.encode())

    assert found == {1: ["1", long], 2: ["2", "x"]}


_ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
# The other quote is left out: 'a','b' would be read as quoted by apostrophes, as it should.
_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="'\"`\\\ufeff"), max_size=12)
_VALUE = st.one_of(_TEXT, st.integers().map(str), st.sampled_from(["", "a\nb", "x;y,z", "1|2", "12:30"]))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(_VALUE, min_size=width, max_size=width), min_size=2)
    ),
    written=st.fixed_dictionaries(
        {
            "delimiter": st.sampled_from(",;\t|"),
            "lineterminator": st.sampled_from(["\n", "\r\n"]),
            "quotechar": st.sampled_from("\"'"),
            "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        }
    ),
    encoding=_ENCODINGS,
)
def test_what_the_csv_module_writes_is_recognised_and_read_back(tmp_path, rows, written, encoding):
    sink = io.StringIO()
    writer = csv.writer(sink, **written)
    writer.writerow([f"column {number} of many" for number in range(len(rows[0]))])
    writer.writerows(rows)

    found = _read(tmp_path / "file.csv", sink.getvalue().encode(encoding))

    assert list(found.values()) == rows


@settings(max_examples=300)
@given(st.text(st.sampled_from('ab,"\n\r é'), max_size=40), st.integers(1, 9))
def test_the_quick_and_the_careful_way_agree(text, block):
    def parsed(careful):
        recognised = csv_records.Recognised("csv", 0, encoding="utf-8", delimiter=",", quote='"', columns=("a", "b"))
        layout = csv_records.Layout({"a": "a", "b": "b"}, "file:///x")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(decoding, "BLOCK_BYTES", block)
            if careful:
                patch.setattr(csv_records, "whole_records", lambda *_, **__: None)
            batches = csv_records.csv_batches(io.BytesIO(text.encode()), recognised, layout, "x")
            return sorted((row["_position"], row["a"], row["b"], row["_raw"]) for b in batches for row in b.to_pylist())

    def sortable(rows):
        return [tuple(field or "" for field in row) for row in rows]

    assert sortable(parsed(careful=False)) == sortable(parsed(careful=True))
