"""What becomes of a message's value: readings, several in one, and what does not parse."""

import io
import json

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemill.formats.json_text import Number
from tidemill.sources.messages import Messages, Objects, Parser, Reading, Texts, Told
from tidemill.sources.messages.unpivoting import Unpivot

FIELDS = {"station": "station", "sensor": "sensor", "at": "at", "value": "value"}
SEVERAL = Unpivot(frozenset({"temp", "humid"}), "sensor", "value")


def parsed(values, *, exact=False, told=None, fields=FIELDS, **reading):
    """The rows of messages m0, m1, ... in the order of their positions."""
    positions = pa.array([f"m{number:05d}" for number in range(len(values))])
    messages = Messages(pa.array(values, pa.binary()), positions, Told(told or {}), "here")
    batches = list(Parser(Reading(fields, **reading), exact=exact).batches(messages))
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert all(row.pop("_source") == "here" for row in rows)
    return sorted(rows, key=lambda row: row["_position"])


def row(position, rescued=None, raw=None, fields=FIELDS, **values):
    return {**dict.fromkeys(fields), **values, "_rescued": rescued, "_raw": raw, "_position": position}


def test_the_text_of_a_number_is_kept_and_what_the_contract_does_not_name_is_rescued():
    message = b'{"station": "K\xc3\xb6ln", "value": 1.10, "ok": true, "note": "a/b", "at": null}'

    assert parsed([message] * 20)[7] == row("m00007", station="Köln", value="1.10", rescued='{"ok":true,"note":"a/b"}')


def test_an_array_is_several_readings_and_what_is_no_object_in_it_is_kept_by_itself():
    message = b'[{"station": "a", "value": 1}, 7, {"station":\n"\\ud800"}, {"station": "b", "value": 2.0} ]'

    assert parsed([message]) == [
        row("m00000-0001", station="a", value="1"),
        row("m00000-0002", raw="7"),
        row("m00000-0003", raw='{"station":\n"\\ud800"}'),
        row("m00000-0004", station="b", value="2.0"),
    ]


@pytest.mark.parametrize("message", [b"[]", b"[{}", b"[{},]", b"[{}]]", b"[{} {}]", b"7", b"", b"[" * 99999, b"{" * 9])
def test_a_message_that_does_not_parse_is_one_row_of_its_text(message):
    assert parsed([message]) == [row("m00000", raw=message.decode())]


def test_an_array_of_one_reading_is_that_reading():
    assert parsed([b'[{"value": 3}]']) == [row("m00000", value="3")]


@pytest.mark.parametrize("count", [1, 50])
def test_several_values_in_one_object_are_a_reading_each(count):
    message = b'{"station": "a", "temp": 21.50, "sensor": "multi", "at": "t", "humid": null}'
    others = '{"sensor_2":"multi"}'

    rows = parsed([message] * count, unpivot=SEVERAL)

    assert rows[:2] == [
        row("m00000-0001", station="a", at="t", sensor="temp", value="21.50", rescued=others),
        row("m00000-0002", station="a", at="t", sensor="humid", value=None, rescued=others),
    ]
    assert len(rows) == 2 * count


def test_one_value_in_an_object_is_one_reading_and_none_is_the_object():
    assert parsed([b'{"temp": 1}', b'{"sensor": "x", "value": 2}'], unpivot=SEVERAL) == [
        row("m00000", sensor="temp", value="1"),
        row("m00001", sensor="x", value="2"),
    ]


def test_of_several_values_the_one_that_no_column_can_hold_hinders_none_of_the_others():
    message = b'{"station": "a", "temp": "\xff", "humid": 5}'
    shown = '{"station": "a", "temp": "\\xff", "humid": 5}'

    assert parsed([message], unpivot=SEVERAL) == [
        row("m00000-0001", raw=shown),
        row("m00000-0002", station="a", sensor="humid", value="5"),
    ]


@pytest.mark.parametrize("count", [1, 50])
def test_what_the_carrier_tells_goes_before_the_message_and_the_unpivoted_name_before_both(count):
    told = {"sensor": Texts(pa.array(["env"] * count)), "_at": Texts(pa.array(["5"] * count), Number)}
    values = [b'{"temp": 1, "humid": 2}', b'{"sensor": "own", "value": 3}']

    both = [parsed([value] * count, told=told, unpivot=SEVERAL) for value in values]

    assert both[0][:2] == [
        row("m00000-0001", sensor="temp", value="1", rescued='{"sensor_2":"env","_at":5}'),
        row("m00000-0002", sensor="humid", value="2", rescued='{"sensor_2":"env","_at":5}'),
    ]
    assert both[1][0] == row("m00000", sensor="env", value="3", rescued='{"sensor_2":"own","_at":5}')


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (b"a,21.50\r\n", ("a", "21.50")),
        (b'"x, y","say ""hi"""', ("x, y", 'say "hi"')),
        (b"a,", ("a", "")),
        (b"a", None),
        (b"a,b,c", None),
        (b'"a,b', None),
        (b"a,b\nc,d", None),
        (b'"' + b"x" * 300_000 + b'",1', ("x" * 300_000, "1")),
    ],
)
def test_a_csv_line_has_the_contracts_names(line, values):
    (found,) = parsed([line], kind="csv", places=("station", "value"))

    assert (found["station"], found["value"]) == (values or (None, None))
    assert found["_raw"] == (None if values else line.decode().rstrip("\r\n"))


@pytest.mark.parametrize(
    ("number", "value"),
    [(b"21.50", "21.50"), (b" -3e-7\n", "-3e-7"), (b"+.5", "+.5"), (b"NaN", "NaN"), (b"12 C", None), (b"", None)],
)
def test_a_bare_number_is_delivered_as_value(number, value):
    (found,) = parsed([number], kind="number")

    assert found["value"] == value
    assert (found["_raw"] is None) == (value is not None)


def test_an_avro_record_may_hold_several_values():
    schema = {"type": "record", "name": "R", "fields": [{"name": name, "type": "double"} for name in ("temp", "humid")]}
    written = io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(schema), {"temp": 1.5, "humid": 60.0})

    rows = parsed([written.getvalue(), b"\x01"], kind="avro", schema=schema, unpivot=SEVERAL)

    assert rows == [
        row("m00000-0001", sensor="temp", value="1.5"),
        row("m00000-0002", sensor="humid", value="60.0"),
        row("m00001", raw="\x01"),
    ]


def test_nesting_that_can_be_read_but_not_written_is_kept_as_it_came():
    message = b'{"value": ' + b"[" * 900 + b"]" * 900 + b"}"

    assert parsed([message, b'{"value": 1}']) == [row("m00000", raw=message.decode()), row("m00001", value="1")]


def test_ten_megabytes_in_each_message_do_not_break_a_batch():
    message = b'{"station": "' + b"x" * 10_000_000 + b'", "value": 1}'

    rows = parsed([message] * 12 + [b'{"value": 2}'])

    assert [len(one["station"] or "") for one in rows] == [10_000_000] * 12 + [0]


def test_of_messages_read_together_some_may_have_headers_and_others_none():
    headers = [{"trace": "t"}, *[None] * 50, {"trace": "u"}, *[None] * 50]

    rows = parsed([b'{"station": "a"}'] * len(headers), told={"_headers": Objects(headers)})

    rescued = [None if one is None else json.dumps({"_headers": one}, separators=(",", ":")) for one in headers]
    assert rows == [row(f"m{number:05d}", station="a", rescued=rest) for number, rest in enumerate(rescued)]


def test_a_column_whose_name_the_broker_claims_goes_on_as_json_with_its_line_breaks_escaped():
    messages = [b'{"part": "one"}'] * 20 + [b'{"part": "two\nlines"}']

    found = parsed(messages, told={"part": Texts(pa.array(["p"] * 21))}, fields={"part": "part"})

    assert [one["part"] for one in found] == ["p"] * 21
    assert json.loads(found[20]["_rescued"]) == {"part_2": "two\nlines"}


NAMES = st.sampled_from(["station", "sensor", "at", "value", "temp", "humid", "_key", "part", "x", "a.b", "é"])
TEXTS = st.text(st.sampled_from(list('ab"\\/\n\x01\x7fé😀u{}[],:')), max_size=6)
SCALARS = st.one_of(
    TEXTS.map(json.dumps),
    TEXTS.map(lambda text: f'"{text}"'),
    st.sampled_from(["1", "1.10", "-0", "1e400", "-1E+5", "01", "1.", ".5", "true", "false", "null", "nul", "''"]),
    st.sampled_from(["NaN", "Infinity", "-Infinity"]),
    st.sampled_from(["{}", "[]", '{"b": 1}', "[1]", '"\\ud800"', "9" * 5000]),
)
SPACES = st.sampled_from(["", " ", "\n", "\t ", "\x0b"])


@st.composite
def shapes(draw):
    """A message's text, as a function of its values."""
    names = draw(st.lists(NAMES, max_size=4))
    around = draw(st.tuples(SPACES, SPACES, SPACES))
    inner = (",").join(f'{around[0]}"{name}"{around[1]}:{around[2]}%s' for name in names)
    end = draw(st.sampled_from(["}", "}", "}", "} ", "}x", ""]))
    return f"{around[0]}{{{inner}{end}", len(names)


@st.composite
def deliveries(draw):
    """Messages of a few shapes, often enough of one that they are read together."""
    kinds = draw(st.lists(shapes(), min_size=1, max_size=3))
    messages = []
    for _ in range(draw(st.integers(1, 40))):
        text, count = draw(st.sampled_from(kinds))
        message = (text % tuple(draw(st.tuples(*[SCALARS] * count)))).encode("utf-8", "surrogatepass")
        messages.append(draw(st.sampled_from([message] * 9 + [message + b"\xff", None])))
    return messages


@settings(max_examples=200)
@given(deliveries(), st.data())
def test_messages_read_together_give_what_each_gives_by_itself(messages, data):
    texts = st.one_of(st.none(), TEXTS)
    each = [data.draw(texts) for _ in messages]
    told = {
        "_key": Texts(pa.array(each, pa.string())),
        "part": Texts(pa.array([data.draw(TEXTS) for _ in messages], pa.string())),
        "sensor": Texts(pa.array(data.draw(st.sampled_from([each, ["s"] * len(messages)])), pa.string())),
        "_headers": Objects([text and {"h": text, "n": None} for text in each]),
    }
    told = {name: told[name] for name in data.draw(st.sets(st.sampled_from(sorted(told))))}
    names = data.draw(
        st.lists(st.sampled_from([*FIELDS, "part", "_key", "_headers.h", "a.b", "x"]), unique=True, min_size=1)
    )
    reading = {"told": told, "fields": {f"c{n}": name for n, name in enumerate(names)}}
    reading["unpivot"] = data.draw(st.sampled_from([Unpivot(), SEVERAL]))

    assert parsed(messages, **reading) == parsed(messages, exact=True, **reading)
