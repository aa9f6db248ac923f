import io

import pytest

from tidemill.formats import canonical_uri, recognise
from tidemill.formats.delivery import parsed_file


def read(tmp_path, content, name="file.txt"):
    """The table's rows as dicts, by what was found."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = recognise(str(path))
    fields = {f"c{place}": column for place, column in enumerate(found.columns)}
    rows = [row for batch in parsed_file(canonical_uri(str(path)), found, fields) for row in batch.to_pylist()]
    return found, [{name: row[key] for key, name in fields.items()} for row in rows if row["_raw"] is None]


@pytest.mark.parametrize("delimiter", ["||", "::", "~|~", "<>", ";;", "|||", "##"])
def test_a_delimiter_of_several_characters_is_found(tmp_path, delimiter):
    lines = [
        ["id", "title", "note"],
        ["1", "Toy: Story", ""],
        ["2", f'"a {delimiter} b"', "x,y"],
        ["3", "Jumanji", "-"],
    ]

    found, rows = read(tmp_path, "\n".join(delimiter.join(line) for line in lines) + "\n")

    assert found.delimiter == delimiter
    assert rows[0] == {"id": "1", "title": "Toy: Story", "note": ""}
    assert rows[1] == {"id": "2", "title": f"a {delimiter} b", "note": "x,y"}


def test_blank_fields_side_by_side_are_no_delimiter_of_two_characters(tmp_path):
    found, rows = read(tmp_path, "id|a|b|name\n1|||Ann\n2|||Bob\n3|x||Cid\n")

    assert found.delimiter == "|"
    assert rows[0] == {"id": "1", "a": "", "b": "", "name": "Ann"}


@pytest.mark.parametrize(
    ("before", "skip"),
    [
        ("Report of sales\n", 1),
        ("Report of sales\nmade on 2024-05-01\n\n", 3),
        ("Report, all regions\n\n", 2),
        ("Report;;;\r\n;;;\r\n", 2),
        ("# a remark\n# another\n", 2),
    ],
)
def test_lines_before_the_table_are_passed_over(tmp_path, before, skip):
    mark = ";" if ";" in before else ","
    table = ["id,city,amount,paid", "1,Bonn,3,yes", "2,Ulm,4,no", "3,Kiel,5,no"]

    found, rows = read(tmp_path, before + "\n".join(table).replace(",", mark) + "\n")

    assert (found.skip, found.header, found.columns) == (skip, True, ("id", "city", "amount", "paid"))
    assert [row["city"] for row in rows] == ["Bonn", "Ulm", "Kiel"]


@pytest.mark.parametrize(
    "content",
    [
        "id,name\n1,Ann,x\n2,Bob,y\n",
        "Name\nSmith, John\nDoe, Jane\nRoe, Rick\n",
        "a,b,c\n1,,\n2,x,y\n3,x,y\n",
        "1,,,\n2,a,b,c\n3,a,b,c\n",
    ],
)
def test_nothing_of_a_table_is_taken_for_lines_before_it(tmp_path, content):
    found, _ = read(tmp_path, content)

    assert found.skip == 0


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "zip"])
@pytest.mark.parametrize(
    ("content", "kind", "suffix"),
    [(b"\xef\xbb\xbfid;name\n1;Ann\n2;Bob\n", "csv", ".csv"), (b'{"id": "1", "name": "Ann"}\n' * 2, "jsonl", ".jsonl")],
)
def test_a_compressed_file_is_read_as_what_is_in_it(tmp_path, compressed, compression, content, kind, suffix):
    ending, packed = compressed(compression, "data" + suffix, content)

    found, rows = read(tmp_path, packed, f"data{suffix}{ending}")

    assert (found.format, found.compression, found.size) == (kind, compression, len(packed))
    assert rows[0] == {"id": "1", "name": "Ann"}


@pytest.fixture
def compressed():
    import bz2
    import gzip
    import zipfile

    def pack(compression, name, content):
        if compression == "zip":
            held = io.BytesIO()
            with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("folder/", "")
                archive.writestr(f"folder/{name}", content)
            return ".zip", held.getvalue()
        return (".gz", gzip.compress(content)) if compression == "gzip" else (".bz2", bz2.compress(content))

    return pack


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "zip"])
def test_a_cut_archive_is_told_with_its_name(tmp_path, compressed, compression):
    lines = b"".join(b"%d,%d\n" % (number, number * 7919 % 10007) for number in range(40_000))
    ending, packed = compressed(compression, "data.csv", b"id,name\n" + lines)

    with pytest.raises(Exception, match=rf"data\.csv{ending}: the {compression} is cut short or damaged") as told:
        read(tmp_path, packed[: len(packed) * 2 // 3], f"data.csv{ending}")
    assert "\n" not in str(told.value)


def test_a_zip_of_several_files_is_refused_with_their_names(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.writestr("a.csv", "id\n1\n")
        archive.writestr("b.csv", "id\n1\n")

    with pytest.raises(Exception, match=r"both\.zip: the zip holds 2 files \(a\.csv, b\.csv\)"):
        recognise(str(tmp_path / "both.zip"))


def test_an_encrypted_zip_is_told_as_one(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "id\n1\n")
    packed = bytearray((tmp_path / "a.zip").read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(header) + flags] |= 1
    (tmp_path / "a.zip").write_bytes(packed)

    with pytest.raises(Exception, match=r"a\.zip: the zip is encrypted"):
        recognise(str(tmp_path / "a.zip"))
