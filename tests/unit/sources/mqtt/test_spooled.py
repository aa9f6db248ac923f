"""What becomes of a segment's messages: topics, times, properties, damage."""

import pytest

from tidemill.contract import Contract
from tidemill.sources.messages import Parser, reading_of
from tidemill.sources.mqtt.records import MAGIC, Message, properties_json, record_of
from tidemill.sources.mqtt.spooled import segment_messages
from tidemill.sources.mqtt.topics import Topics, source_name

NUMBER = "000000000000042"


def contract(topic="site/+station/+sensor", columns=("station", "sensor", "value"), stream=None, **source):
    return Contract.model_validate(
        {
            "name": "readings",
            "version": 1,
            "mode": "stream",
            "source": {"kind": "mqtt", "url": "mqtt://broker", "topic": topic, **source},
            "columns": {name.split(".")[-1].strip("_"): {"from": name, "type": "string"} for name in columns},
        }
    )


def message(topic, payload, retained=False, **properties):
    sent = properties_json(list(properties.items()))
    return Message(1_714_557_600_123, topic.encode(), retained, sent, payload.encode())


def rows(own, *messages, damage=b""):
    content = MAGIC + b"".join(map(record_of, messages)) + damage
    reading = reading_of(own)
    topics = Topics(own.source, frozenset(reading.fields.values()))
    good, bad = segment_messages(content, NUMBER, topics, source_name(own.source))
    batches = [*Parser(reading).batches(good), *(Parser(reading.unreadable).batches(bad) if bad else ())]
    return sorted((row for batch in batches for row in batch.to_pylist()), key=lambda row: row["_position"])


def test_a_topics_named_levels_say_whose_a_bare_number_is():
    (row,) = rows(contract(value="number"), message("site/bonn/temp", "21.50"))

    assert row == {
        "station": "bonn",
        "sensor": "temp",
        "value": "21.50",
        "_rescued": '{"_topic":"site/bonn/temp","_received_at":"2024-05-01T10:00:00.123Z"}',
        "_raw": None,
        "_source": "mqtt://broker/site/+station/+sensor",
        "_position": f"{NUMBER}-000000001",
    }


def test_all_that_the_broker_told_may_be_columns():
    columns = ("_topic", "_received_at", "_retained", "_headers.unit")
    own = contract("site/#", columns, value="text")

    first, second = rows(own, message("site/a", "x", True, unit="C", lot="7"), message("site/b/c", "y"))

    assert list(first.values())[:4] == ["site/a", "2024-05-01T10:00:00.123Z", "true", "C"]
    assert first["_rescued"] == '{"value":"x","_headers":{"lot":"7"}}'
    assert list(second.values())[:4] == ["site/b/c", "2024-05-01T10:00:00.123Z", "false", None]


def test_the_topic_goes_before_what_a_message_says_of_itself():
    (row,) = rows(contract(), message("site/bonn/temp", '{"station": "mars", "value": 1}'))

    assert (row["station"], row["value"]) == ("bonn", "1")
    assert row["_rescued"].startswith('{"station_2":"mars",')


@pytest.mark.parametrize(
    ("topic", "delivered", "parts"),
    [
        ("site/+station/+sensor", "site/a/b", ("a", "b")),
        ("site/+station/+sensor", "site/a", (None, None)),
        ("site/+station/+sensor", "hall/a/b", (None, None)),
        ("+/+station/x/+sensor/#", "any/a/x/b/c/d", ("a", "b")),
        ("+/+station/x/+sensor/#", "any/a/x/b", ("a", "b")),
        ("+station/+/+sensor", "/ü/ b", ("", " b")),
    ],
)
def test_levels_are_named_where_the_topic_fits_the_filter(topic, delivered, parts):
    (row,) = rows(contract(topic, value="text"), message(delivered, "1"))

    assert (row["station"], row["sensor"]) == parts


def test_records_are_numbered_and_the_end_that_the_disk_garbled_is_kept_as_it_is():
    found = rows(contract(), message("site/a/b", '{"value": 1}'), message("site/a/b", "[{}, 3]"), damage=b"torn\xff")

    assert [(row["_position"], row["_raw"]) for row in found] == [
        (f"{NUMBER}-000000001", None),
        (f"{NUMBER}-000000002-0001", None),
        (f"{NUMBER}-000000002-0002", "3"),
        (f"{NUMBER}-000000003", "torn\\xff"),
    ]
