"""Avro as it is found and as it is broken, each file with the records or the refusal that must come out of it."""

import bz2
import io
import lzma
import zlib
from datetime import UTC, date, datetime, time
from decimal import Decimal

import fastavro
import pyarrow as pa
import pytest
import zstandard

from tidemill.formats.avro_blocks import DamagedAvro, UnreadableAvro
from tidemill.formats.contents import UnknownContent

SCHEMA = {
    "type": "record",
    "name": "reading",
    "fields": [{"name": "id", "type": "long"}, {"name": "name", "type": ["null", "string"]}],
}
SYNC = b"0123456789abcdef"
PACKERS = {
    "null": lambda data: data,
    "deflate": lambda data: zlib.compress(data)[2:-4],
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstandard": zstandard.compress,
    "snappy": lambda data: pa.compress(data, "snappy", asbytes=True) + zlib.crc32(data).to_bytes(4, "big"),
}


def number(value):
    written = io.BytesIO()
    fastavro.schemaless_writer(written, "long", value)
    return written.getvalue()


def avro(blocks, schema=SCHEMA, codec="null"):
    """A file of blocks, each the number of its records and their bytes."""
    start = io.BytesIO()
    fastavro.writer(start, schema, [], sync_marker=SYNC, metadata={})
    head = start.getvalue().replace(b"\x08null", number(len(codec)) + codec.encode())
    assert codec.encode() in head
    packed = [(count, PACKERS.get(codec, bytes)(data)) for count, data in blocks]
    return head + b"".join(number(count) + number(len(data)) + data + SYNC for count, data in packed)


def record(value, schema=SCHEMA):
    written = io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(schema), value)
    return written.getvalue()


def block(*values, schema=SCHEMA):
    return len(values), b"".join(record(value, schema) for value in values)


ANN, BOB = {"id": 1, "name": "Ann"}, {"id": 2, "name": None}


@pytest.mark.parametrize("codec", sorted(PACKERS))
def test_every_codec_is_read_block_by_block(parsed, codec):
    found, rows, raws = parsed("a.avro", avro([block(ANN, BOB), block(ANN)], codec=codec))

    assert (found.format, found.columns, found.types[0]) == ("avro", ("id", "name"), "long")
    assert f"blocks of codec {codec}" in found.why
    assert rows == {
        1: {"id": "1", "name": "Ann"}, 2: {"id": "2", "name": None}, 3: {"id": "1", "name": "Ann"},
    }  # fmt: skip
    assert raws == {}


def test_what_an_avro_writer_makes_is_read(parsed):
    written = io.BytesIO()
    fastavro.writer(written, SCHEMA, [ANN, BOB] * 5000, codec="deflate")

    _, rows, raws = parsed("a.avro", written.getvalue())

    assert (len(rows), len(raws)) == (10_000, 0)
    assert rows[10_000] == {"id": "2", "name": None}


def test_values_of_logical_types_are_written_as_people_write_them(parsed):
    kinds = {
        "at": {"type": "long", "logicalType": "timestamp-micros"},
        "local": {"type": "long", "logicalType": "local-timestamp-millis"},
        "day": {"type": "int", "logicalType": "date"},
        "clock": {"type": "int", "logicalType": "time-millis"},
        "price": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3},
        "share": "double",
        "big": "double",
        "yes": "boolean",
        "data": "bytes",
        "kind": {"type": "enum", "name": "k", "symbols": ["A", "B"]},
        "tags": {"type": "array", "items": "string"},
        "map": {"type": "map", "values": "int"},
    }
    schema = {"type": "record", "name": "r", "fields": [{"name": n, "type": kind} for n, kind in kinds.items()]}
    value = {
        "at": datetime(2024, 3, 31, 2, 30, 0, 500_000, tzinfo=UTC),
        "local": datetime(2024, 3, 31, 2, 30),
        "day": date(2024, 3, 31),
        "clock": time(2, 30),
        "price": Decimal("29.850"),
        "share": 0.1,
        "big": 1e20,
        "yes": True,
        "data": b"a\xff",
        "kind": "B",
        "tags": ["x", "y"],
        "map": {"n": 1},
    }

    _, rows, _ = parsed("a.avro", avro([block(value, schema=schema)], schema))

    assert list(rows[1].values()) == [
        "2024-03-31 02:30:00.5", "2024-03-31 02:30:00", "2024-03-31", "02:30:00", "29.850", "0.1", "1e+20", "true",
        "a\\xff", "B", '["x","y"]', '{"n":1}',
    ]  # fmt: skip


def test_a_dotted_name_leads_into_a_record_and_the_rest_is_rescued(parsed):
    inner = {"type": "record", "name": "a", "fields": [{"name": n, "type": "string"} for n in ("city", "zip")]}
    schema = {"type": "record", "name": "r", "fields": [{"name": "address", "type": inner}]}
    content = avro([block({"address": {"city": "Bonn", "zip": "53111"}}, schema=schema)], schema)

    _, rows, _ = parsed("a.avro", content, fields=["address.city", "missing"])

    assert rows == {1: {"address.city": "Bonn", "missing": None, "_rescued": '{"address":{"zip":"53111"}}'}}


def test_a_file_of_plain_values_has_one_column(parsed):
    _, rows, _ = parsed("a.avro", avro([(2, record("x", "string") + record("y", "string"))], "string"))

    assert rows == {1: {"value": "x"}, 2: {"value": "y"}}


def test_a_text_that_does_not_decode_breaks_its_record_alone(parsed):
    broken = record({"id": 2, "name": "B?b"}).replace(b"?", b"\xff")

    _, rows, raws = parsed("a.avro", avro([(3, record(ANN) + broken + record(BOB))]))

    assert rows == {1: {"id": "1", "name": "Ann"}, 3: {"id": "2", "name": None}}
    assert raws == {2: '{"id":2,"name":"B\\\\xffb"}'}


def test_a_date_that_no_calendar_has_breaks_its_record_alone(parsed):
    schema = {
        "type": "record",
        "name": "r",
        "fields": [{"name": "day", "type": {"type": "int", "logicalType": "date"}}],
    }
    content = avro([(2, record(2**31 - 1, "int") + record(19_813, "int"))], schema)

    _, rows, raws = parsed("a.avro", content)

    assert (rows, raws) == ({2: {"day": "2024-03-31"}}, {1: '{"day":2147483647}'})


WHOLE = avro([block(ANN, BOB), block(ANN)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WHOLE[:20], "its header cannot be read"),
        (WHOLE[:-1], "it ends too early, behind record 2"),
        (WHOLE[: -len(SYNC) - 3], "it ends too early, behind record 2"),
        (WHOLE[:-1] + b"X", "the mark behind the block is missing, behind record 2"),
        (avro([(1, record(ANN)), (3, record(ANN))]), "record 3 cannot be read"),
        (avro([(1, record(ANN) + b"x")]), "bytes are left over behind record 1"),
        (avro([(-1, b"")]), "a block of 0 bytes with -1 records"),
        (avro([(2**60, b"")]), f"a block of 0 bytes with {2**60} records"),
        (WHOLE[: WHOLE.index(SYNC) + 16] + number(1) + number(2**40), f"a length of {2**40} bytes"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(parsed, content, reason):
    with pytest.raises(DamagedAvro, match=rf"a\.avro: the Avro file is cut short or damaged: .*{reason}") as told:
        parsed("a.avro", content)

    assert "\n" not in str(told.value)


@pytest.mark.parametrize("codec", ["deflate", "bzip2", "xz", "zstandard", "snappy"])
def test_a_block_that_unpacks_without_end_is_refused(parsed, codec):
    content = avro([(1, bytes(70 << 20))], codec=codec)

    with pytest.raises(DamagedAvro, match="a block of more than 64 MiB"):
        parsed("a.avro", content)


@pytest.mark.parametrize("codec", ["deflate", "bzip2", "xz", "zstandard", "snappy"])
def test_a_block_that_does_not_unpack_is_refused(parsed, codec):
    content = avro([], codec=codec) + number(1) + number(9) + b"\x07garbage\x01" + SYNC

    with pytest.raises(DamagedAvro):
        parsed("a.avro", content)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (["null", "r"], "a schema that contains itself"),
        ({"type": "array", "items": "null"}, "an array of items without content"),
        ({"type": "array", "items": {"type": "fixed", "name": "f", "size": 0}}, "an array of items without content"),
    ],
)
def test_a_schema_that_a_few_bytes_could_fill_without_end_is_refused(parsed, kind, found):
    content = avro([], {"type": "record", "name": "r", "fields": [{"name": "x", "type": kind}]})

    with pytest.raises(UnreadableAvro, match=f"the Avro file has {found}"):
        parsed("a.avro", content)


def test_names_that_multiply_fields_are_refused(parsed):
    def level(depth):
        inner = level(depth - 1) if depth else "null"
        again = f"r{depth - 1}" if depth else "null"
        fields = [{"name": f"f{place}", "type": again if place else inner} for place in range(10)]
        return {"type": "record", "name": f"r{depth}", "fields": fields}

    with pytest.raises(UnreadableAvro, match="more than 100000 fields"):
        parsed("a.avro", avro([], level(8)))


def test_an_unknown_codec_is_refused(parsed):
    with pytest.raises(UnreadableAvro, match=r"the codec 'lzo'\. Expected one of null, deflate"):
        parsed("a.avro", avro([], codec="lzo"))


def test_a_header_of_more_than_the_head_is_read_whole(parsed):
    fields = [{"name": f"column_{place}_{'x' * 40}", "type": "int"} for place in range(2000)]
    schema = {"type": "record", "name": "r", "fields": fields}
    value = {field["name"]: 7 for field in fields}

    found, rows, _ = parsed("a.avro", avro([block(value, schema=schema)], schema))

    assert (len(found.columns), set(rows[1].values())) == (2000, {"7"})


def test_a_file_without_a_record_has_columns_and_no_rows(parsed):
    found, rows, raws = parsed("a.avro", avro([]))

    assert (found.columns, rows, raws) == (("id", "name"), {}, {})


def test_an_empty_content_that_is_only_the_magic_is_no_text(parsed):
    with pytest.raises((DamagedAvro, UnknownContent), match=r"a\.avro: "):
        parsed("a.avro", b"Obj\x01")
