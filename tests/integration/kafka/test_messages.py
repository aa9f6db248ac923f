"""What becomes of messages: JSON, Avro and text, keys, headers, times, and what does not parse."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import fastavro
import pytest

from tidemill.config import MissingSecret
from tidemill.errors import RequestWrong

SCHEMA = {
    "type": "record",
    "name": "Reading",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "place", "type": {"type": "record", "name": "Place", "fields": [{"name": "city", "type": "string"}]}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
    ],
}
NAMES = ("_raw", "_rescued")


def delivered(source, *names):
    rows = source.rows(source.waiting(None)).orderBy("_position").collect()
    return [tuple(row[name] for name in (*names, *NAMES)) for row in rows]


def avro(**record):
    written = io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(SCHEMA), record)
    return written.getvalue()


def test_nested_names_are_taken_and_the_rest_is_rescued_with_numbers_as_delivered(kafka, topic, opened):
    kafka.send(topic, '{"id": 29.850, "place": {"city": "Köln", "zip": 1}, "tags": ["a"]}', at=1714557600123)

    ((number, city, raw, rescued),) = delivered(opened(), "id", "city")

    assert (number, city, raw) == ("29.850", "Köln", None)
    assert rescued == '{"place":{"zip":1},"tags":["a"],"_timestamp":"2024-05-01T10:00:00.123Z"}'


def test_key_headers_time_and_place_may_be_columns(kafka, topic, opened):
    headers = [("trace", b"t1"), ("trace", b"t2"), ("none", None)]
    kafka.send(topic, '{"id": 1, "_key": "own"}', key=b"k\xff", headers=headers, at=1714557600000, partition=1)
    columns = ("_key", "_timestamp", "_headers.trace", "_partition", "_offset")

    (row,) = delivered(opened(columns), "key", "timestamp", "trace", "partition", "offset")

    assert row[:5] == ("k\\xff", "2024-05-01T10:00:00.000Z", "t1", "1", "0")
    assert json.loads(row[6]) == {"id": 1, "_key_2": "own", "_headers": {"trace_2": "t2", "none": None}}


@pytest.mark.parametrize(
    "value", [b'{"id": 1', b"[1]", b"7", b'{"id": "\xff"}', b'{"id": "\\ud800"}', b"", b"[" * 99999]
)
def test_a_message_that_does_not_parse_is_kept_with_its_key(kafka, topic, opened, value):
    kafka.send(topic, value, key="k", at=1714557600000)

    (row,) = delivered(opened(), "id", "city")

    shown = value.decode("utf-8", "backslashreplace")
    assert row == (None, None, shown, '{"_key":"k","_timestamp":"2024-05-01T10:00:00.000Z"}')


def test_a_tombstone_is_a_record_of_its_key(kafka, topic, opened):
    kafka.send(topic, None, key="gone", at=1714557600000)

    assert delivered(opened(("id", "_key", "_tombstone")), "id", "key", "tombstone") == [
        (None, "gone", "true", None, '{"_timestamp":"2024-05-01T10:00:00.000Z"}')
    ]


def test_a_text_is_delivered_as_value(kafka, topic, opened):
    kafka.send(topic, "one\ntwo", b"\xe9", at=1714557600000)
    time = '{"_timestamp":"2024-05-01T10:00:00.000Z"}'

    assert delivered(opened(("value",), value="text"), "value") == [
        ("one\ntwo", None, time),
        (None, "\\xe9", time),
    ]


@pytest.mark.parametrize("framing", [b"", b"\x00\x00\x00\x00\x07"])
@pytest.mark.parametrize("inline", [True, False])
def test_avro_is_decoded_plain_and_in_confluents_wire_format(kafka, topic, opened, tmp_path, framing, inline):
    (tmp_path / "reading.avsc").write_text(json.dumps(SCHEMA))
    moment = datetime(2024, 5, 1, 10, tzinfo=UTC)
    message = avro(id=7, place={"city": "Köln"}, price=Decimal("29.850"), at=moment)
    kafka.send(topic, framing + message, message[:-1], at=1714557600000)
    source = opened(
        ("id", "place.city", "price", "at"), value="avro", schema=SCHEMA if inline else str(tmp_path / "reading.avsc")
    )

    good, broken = delivered(source, "id", "city", "price", "at")

    told = {"_schema_id": 7} if framing else {}
    assert good[:5] == ("7", "Köln", "29.850", "2024-05-01 10:00:00", None)
    assert json.loads(good[5]) == {**told, "_timestamp": "2024-05-01T10:00:00.000Z"}
    assert broken[:4] == (None,) * 4
    assert broken[4].startswith("\x0e")


def test_source_and_position_find_a_message_again(kafka, topic, opened):
    kafka.send(topic, '{"id": 1}', "no JSON", '{"id": 2}', partition=1)
    source = opened()

    rows = source.rows(source.waiting(None)).orderBy("_position").collect()

    assert [(row["id"], row["_position"]) for row in rows] == [
        ("1", "000001-0000000000000000000"),
        (None, "000001-0000000000000000001"),
        ("2", "000001-0000000000000000002"),
    ]
    assert {row["_source"] for row in rows} == {f"kafka://{topic}"}


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        ("/nowhere/x.avsc", r"/nowhere/x\.avsc: No such file"),
        ({"type": "recrd"}, r"source\.schema: no Avro schema"),
        ({"type": "array", "items": "string"}, r"the schema is of no record"),
    ],
)
def test_a_schema_that_cannot_be_used_is_told_before_anything_is_read(opened, schema, complaint):
    with pytest.raises(RequestWrong, match=complaint) as told:
        opened(value="avro", schema=schema)
    assert "\n" not in str(told.value)


def test_a_password_that_is_not_set_is_told(opened):
    login = {"protocol": "SASL_SSL", "mechanism": "PLAIN", "username": "me", "password": "${env:NOT_SET_HERE}"}

    with pytest.raises(MissingSecret, match="NOT_SET_HERE"):
        opened(security=login).waiting(None)
