"""Compressed files as they are found and as they are broken, each with its rows or its refusal."""

import bz2
import gzip
import io
import zipfile
from functools import partial

import fastavro
import pytest

from tidemill.errors import RunFailed
from tidemill.formats import compression, delivered, read, recognise, recognise_all
from tidemill.formats.compression import DamagedArchive, EncryptedArchive, ExpandsTooFar, UnclearArchive
from tidemill.formats.contents import EmptyFile, UnknownContent

CSV = b"id,name\n1,Ann\n2,Bob\n"
XML = b"<r><p><id>1</id><name>Ann</name></p><p><id>2</id><name>Bob</name></p></r>"


def avro():
    written = io.BytesIO()
    fields = [{"name": name, "type": "string"} for name in ("id", "name")]
    rows = [{"id": "1", "name": "Ann"}, {"id": "2", "name": "Bob"}]
    fastavro.writer(written, {"type": "record", "name": "r", "fields": fields}, rows)
    return written.getvalue()


def zipped(**files):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_dot_", ".").replace("_slash_", "/"), content)
    return written.getvalue()


# Without the time of day in it, as these bytes name tests.
gzipped = partial(gzip.compress, mtime=0)
PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "zip": lambda content: zipped(a=content)}


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize(("content", "format"), [(CSV, "csv"), (XML, "xml"), (avro(), "avro")])
def test_every_format_is_read_behind_every_compression(parsed, kind, content, format):
    found, rows, raws = parsed("a.bin", PACKERS[kind](content))

    assert (found.format, found.compression) == (format, kind)
    assert (list(rows.values()), raws) == ([{"id": "1", "name": "Ann"}, {"id": "2", "name": "Bob"}], {})


def test_each_file_of_a_zip_is_a_source_of_its_own(spark, tmp_path):
    content = zipped(a_dot_csv=CSV, folder_slash_b_c_dot_json=b'[{"id": 3}]')
    (tmp_path / "both.zip").write_bytes(content)

    found = recognise_all(str(tmp_path / "both.zip"))
    rows = delivered(spark, [(str(tmp_path / "both.zip"), each) for each in found], {"id": "id"})

    assert [(each.member, each.format, each.size) for each in found] == [
        ("a.csv", "csv", len(content)), ("folder/b_c.json", "json", len(content)),
    ]  # fmt: skip
    assert sorted((row["_source"], row["_position"], row["id"]) for row in rows.collect()) == [
        (f"file://{tmp_path}/both.zip!/a.csv", "000000000001", "1"),
        (f"file://{tmp_path}/both.zip!/a.csv", "000000000002", "2"),
        (f"file://{tmp_path}/both.zip!/folder/b_c.json", "000000000001", "3"),
    ]
    assert {row["id"] for row in read(spark, str(tmp_path)).collect()} == {"1", "2", "3"}


def test_a_zip_of_several_files_is_not_one_file(tmp_path):
    (tmp_path / "both.zip").write_bytes(zipped(a=CSV, b=CSV))

    with pytest.raises(UnclearArchive, match=r"the zip holds 2 files \(a, b\)"):
        recognise(str(tmp_path / "both.zip"))


def test_what_expands_without_end_is_refused_when_it_is_read(parsed, monkeypatch):
    monkeypatch.setattr(compression, "UNSUSPECTED_BYTES", 1 << 20)
    content = CSV + b"3,x\n" * 400_000

    for kind, packed in PACKERS.items():
        with pytest.raises(ExpandsTooFar, match=rf"the {kind} of \d+ bytes expands to more than 250 times") as told:
            parsed("a.csv", packed(content))
        assert "\n" not in str(told.value)


def test_what_expands_without_end_is_refused_before_it_is_copied(parsed, monkeypatch):
    monkeypatch.setattr(compression, "UNSUSPECTED_BYTES", 1 << 20)

    with pytest.raises(ExpandsTooFar):
        parsed("a.parquet", gzip.compress(b"PAR1" + bytes(50 << 20)))


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (gzipped(b""), EmptyFile),
        (zipped(a=b""), EmptyFile),
        (zipped(), UnclearArchive),
        (gzipped(gzipped(CSV)), UnknownContent),
        (zipped(a=zipped(b=CSV)), UnknownContent),
        (gzipped(CSV)[:15], DamagedArchive),
        (gzipped(CSV)[:-6] + b"xxxxxx", DamagedArchive),
        (bz2.compress(CSV)[:-5], DamagedArchive),
        (b"BZh9garbage", DamagedArchive),
        (b"PK\x03\x04garbage", DamagedArchive),
        (zipped(a=CSV)[:-10], DamagedArchive),
        (gzipped(bytes(257) + b"ustar" + bytes(300)), UnknownContent),
    ],
)
def test_a_broken_archive_is_refused_in_one_line(parsed, content, refusal):
    with pytest.raises(RunFailed, match=r"a\.csv") as told:
        parsed("a.csv.gz", content)

    assert type(told.value) is refusal
    assert "\n" not in str(told.value)


def test_one_encrypted_file_among_several_is_refused(tmp_path):
    packed = bytearray(zipped(a=CSV, b=CSV))
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(packed)

    with pytest.raises(EncryptedArchive, match=r"a\.zip: the zip is encrypted"):
        recognise_all(str(tmp_path / "a.zip"))


def test_files_that_overlap_in_a_zip_are_refused(tmp_path):
    packed = bytearray(zipped(a=CSV, b=CSV))
    for place in (packed.index(b"PK\x01\x02"), packed.rindex(b"PK\x01\x02")):
        packed[place + 20 : place + 24] = len(packed).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(packed)

    with pytest.raises(DamagedArchive, match="overlap"):
        recognise_all(str(tmp_path / "a.zip"))
