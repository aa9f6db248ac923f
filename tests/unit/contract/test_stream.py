"""What a contract says of a stream's readings, and what it is refused for."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from tidemill.contract import Contract
from tidemill.contract.stream import span, window_table


def contract(**changes):
    given = {
        "name": "site",
        "version": 1,
        "mode": "stream",
        "source": {"kind": "mqtt", "url": "mqtt://broker", "topic": "site/+station/+sensor"},
        "columns": {
            "station": {"type": "string", "required": True},
            "sensor": {"type": "string", "required": True},
            "at": {"type": "timestamp", "required": True},
            "value": {"type": "double"},
        },
        "event_time": "at",
        "stream": {"entity": ["station", "sensor"], "value": "value"},
    }
    return Contract.model_validate({**given, **changes})


def refused(**changes):
    with pytest.raises(ValidationError) as told:
        contract(**changes)
    return str(told.value)


def test_a_stream_has_windows_and_a_horizon_where_nothing_else_is_said():
    stream = contract().stream

    assert stream.windows == ("1 minute", "1 hour", "1 day")
    assert span(stream.horizon) == timedelta(days=2)
    assert stream.identity_but_time == ("station", "sensor")


def test_whose_a_reading_is_is_known_also_where_its_message_has_an_id():
    columns = {"at": {"type": "timestamp", "required": True}, "value": {"type": "double"}, "sensor": {"type": "string"}}
    named = {"entity": ["sensor"], "value": "value", "message_id": "id"}

    told = refused(columns={**columns, "id": {"type": "string", "required": True}}, stream=named)

    assert "column 'sensor' must be required" in told


def test_an_event_time_lies_at_most_an_hour_ahead_unless_its_column_says_otherwise():
    columns = contract().columns
    assert columns["at"].not_in_future == "1 hour"

    at = {"type": "timestamp", "required": True, "not_in_future": "5 minutes"}
    given = {name: column.model_dump(exclude_defaults=True) for name, column in columns.items()}
    assert contract(columns={**given, "at": at}).columns["at"].not_in_future == "5 minutes"


def test_a_window_has_a_table_of_its_own():
    assert window_table("site", "5 minutes") == "gold.site_5_minute"
    assert window_table("site", "1 day") == "gold.site_1_day"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"event_time": None}, "needs event_time"),
        ({"mode": "batch"}, "mqtt is for mode: stream"),
        ({"stream": {"entity": ["station"], "value": "heat"}}, "there is no column 'heat'"),
        ({"stream": {"entity": ["station"], "value": "sensor"}}, "'sensor' must be a number"),
        ({"stream": {"entity": ["value"], "value": "value"}}, "a reading's value is its own column"),
        ({"stream": {"entity": ["station", "station"], "value": "value"}}, "each may stand once"),
        ({"stream": {"entity": ["station"], "value": "value", "windows": ["7 minutes"]}}, "windows"),
        (
            {"stream": {"entity": ["station"], "value": "value", "windows": ["1 minute", "1 minutes"]}},
            "windows: each may stand once",
        ),
        ({"checks": [{"name": "many", "row_count": {"min": 1}}]}, "no delivery as a whole"),
        ({"checks": [{"name": "one", "unique": ["station"]}]}, "no delivery as a whole"),
        ({"write": "replace"}, "mode: stream and write: append"),
        ({"source": {"kind": "files", "path": "x"}}, "kind kafka or mqtt"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(changes, told):
    assert told in refused(**changes)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"url": "mqtt://me:secret@broker"}, "url"),
        ({"topic": "a/#/b"}, "# may only be the last level"),
        ({"topic": "a/b+/c"}, "a level is a word"),
        ({"topic": "+x/+x"}, "two levels have one name"),
        ({"value": "csv"}, "fields"),
        ({"value": "avro"}, "schema"),
        ({"user": "me"}, "user and password"),
        ({"ca": "ca.pem"}, "mqtts"),
        ({"kafka": {"servers": "b:1"}}, "kafka"),
    ],
)
def test_a_broker_that_is_described_wrongly_is_refused_with_the_reason(keys, told):
    assert told in refused(source={"kind": "mqtt", "url": "mqtt://broker", "topic": "site/+station/+sensor", **keys})


def test_a_topics_named_levels_are_its_parts():
    source = contract().source

    assert source.parts == ("station", "sensor")
    assert source.filter == "site/+/+"
