import io
import pickle

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from structlog.testing import capture_logs

from tidemill.errors import RunFailed
from tidemill.formats import Recognised, recognise, recognise_content
from tidemill.formats.contents import EmptyFile, UnknownContent
from tidemill.formats.csv_shape import HeaderWithoutRows
from tidemill.formats.location import MissingFile
from tidemill.formats.parquet_shape import TruncatedParquet
from tidemill.formats.promises import DeclaredFormatContradictsContent

CSV = b"id,name\n1,Ann\n2,Bob\n"
LINES = b'{"id": 1, "name": "Ann"}\n{"id": 2, "city": "Bonn"}\n'
ARRAY = b'[\n {"id": 1},\n {"id": 2, "name": "Bob"}\n]\n'


def _look(content, name="x", declared="auto"):
    return recognise_content(name, content[: 64 << 10], content[-(64 << 10) :], len(content), declared)


def _parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("content", "found", "columns"),
    [
        (CSV, "csv", ("id", "name")),
        (b"\xef\xbb\xbfid;name\r\n1;Ann\r\n", "csv", ("id", "name")),
        ("id\tname\n1\tZoë\n2\tAnn\n".encode("utf-16"), "csv", ("id", "name")),
        (LINES, "jsonl", ("id", "name", "city")),
        (LINES.decode().encode("utf-16-le"), "jsonl", ("id", "name", "city")),
        (b'{"id": 1, "na\n' + LINES, "jsonl", ()),
        (ARRAY, "json", ("id", "name")),
        (b"[]", "json", ()),
        (b'{\n  "id": 1,\n  "tags": []\n}\n', "json", ("id", "tags")),
        (b'{"id": 1}', "json", ("id",)),
        (b'[{"id": 1, "text": "' + b"x" * 100_000 + b'"}]', "json", ()),
        (b'{"id": 1, "text": "' + b"x" * 100_000 + b'"}\n{"id": 2}\n', "jsonl", ()),
        (b"[id],[name]\n1,Ann\n", "csv", ("[id]", "[name]")),
        (_parquet(id=[1], name=["Ann"]), "parquet", ("id", "name")),
    ],
)
def test_a_format_is_found_by_content(content, found, columns):
    recognised = _look(content)

    assert recognised.format == found
    assert recognised.columns == columns or not columns


def test_one_object_in_a_file_of_json_lines_is_a_line():
    assert _look(b'{"id": 1}\n', "x.jsonl").format == "jsonl"
    assert _look(b'{"id": 1}\n', "x.txt", declared="jsonl").format == "jsonl"


def test_json_lines_in_a_file_named_json_are_taken():
    assert _look(LINES, "x.json").format == "jsonl"


def test_what_was_recognised_survives_json_and_pickle():
    recognised = _look(_parquet(id=[1], name=["Ann"]))

    assert Recognised.from_json(recognised.to_json()) == recognised == pickle.loads(pickle.dumps(recognised))
    assert recognised.types == ("int64", "string")


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("x.csv", _parquet(id=[1]), "Parquet"),
        ("x.csv", LINES, "one JSON object a line"),
        ("x.tsv", ARRAY, "one JSON array"),
        ("x.parquet", CSV, "delimited text"),
        ("x.json", CSV, "delimited text"),
        ("X.JSONL", ARRAY, "one JSON array"),
    ],
)
def test_a_name_that_promises_another_format_gives_way_to_the_content_and_is_told(name, content, found):
    with capture_logs() as logs:
        told = _look(content, name).why[-1]

    assert told.startswith(f"the name ends in {name[1:].lower()}, the content is ")
    assert found in told
    assert [(log["event"], log["log_level"], log["file"]) for log in logs] == [
        ("name_contradicts_content", "warning", name)
    ]


def test_a_name_that_is_right_or_promises_nothing_is_not_told():
    with capture_logs() as logs:
        for name in ("x.csv", "x.TSV", "x.txt", "x"):
            assert "the name" not in " ".join(_look(CSV, name).why)
    assert logs == []


def test_a_declared_format_overrules_the_name():
    assert _look(LINES, "x.csv", declared="jsonl").format == "jsonl"


@pytest.mark.parametrize(("content", "declared"), [(CSV, "json"), (LINES, "json"), (ARRAY, "csv"), (CSV, "parquet")])
def test_a_declared_format_that_the_content_has_not_is_refused(content, declared):
    with pytest.raises(DeclaredFormatContradictsContent, match=f"declared as 'format: {declared}'"):
        _look(content, "x.dat", declared)


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_refused(content):
    with pytest.raises(EmptyFile, match=r"x\.csv: the file is empty"):
        _look(content, "x.csv")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x1f\x8b\x08\x00rest", "gzip"),
        (b"PK\x03\x04rest", "zip"),
        (bytes(range(256)) * 9, "binary"),
        (b"\x89PNG\x00", "binary"),
    ],
)
def test_content_of_no_known_format_is_refused(content, kind):
    with pytest.raises(UnknownContent, match=f"the content is {kind}"):
        _look(content, "x.csv")


def test_a_parquet_file_without_its_end_is_refused():
    whole = _parquet(id=list(range(1000)))

    for cut in (10, len(whole) // 2, len(whole) - 1):
        with pytest.raises(TruncatedParquet, match=r"x\.parquet: the Parquet file is truncated or damaged"):
            _look(whole[:cut], "x.parquet")


def test_a_parquet_file_with_a_damaged_footer_is_refused():
    whole = _parquet(id=[1])

    with pytest.raises(TruncatedParquet, match="should be 4294967295 bytes"):
        _look(whole[:-8] + b"\xf7\xff\xff\xff" + whole[-4:])
    with pytest.raises(TruncatedParquet, match="cannot be read"):
        _look(whole[:-60] + b"\xff" * 52 + whole[-8:])


def test_a_footer_longer_than_the_tail_is_read_whole(tmp_path):
    names = [f"column_{number}_{'x' * 40}" for number in range(2000)]
    pq.write_table(pa.table({name: [1] for name in names}), tmp_path / "wide.parquet")

    assert recognise(str(tmp_path / "wide.parquet")).columns == tuple(names)


def test_a_file_is_recognised_by_path_and_by_uri(tmp_path):
    path = tmp_path / "größe 1%.csv"
    path.write_bytes(CSV)

    assert recognise(str(path)) == recognise(path.as_uri())
    assert recognise(str(path)).size == len(CSV)


def test_a_missing_file_is_said_in_one_line(tmp_path):
    with pytest.raises(MissingFile, match=r"gone\.csv: there is no such file"):
        recognise(str(tmp_path / "gone.csv"))


def test_every_refusal_is_one_line_and_says_what_next(tmp_path):
    for name, content in (
        ("a.csv", b""),
        ("b.csv", b"id,name\n"),
        ("c.csv", b"ORC\x00\x00"),
        ("d", b"\x1f\x8b"),
        ("e", b"PAR1xx"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RunFailed) as refusal:
            recognise(str(tmp_path / name))
        assert str(tmp_path / name) in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert refusal.value.exit_status == 1


def test_a_header_alone_is_refused_in_any_encoding():
    with pytest.raises(HeaderWithoutRows):
        _look("\ufeffid;größe\r\n".encode("utf-16-le"), "x.csv")
