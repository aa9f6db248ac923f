"""Every check and every cleansing step against what it means, on values made up by hypothesis and on nasty ones."""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.quality.oracle import DAY, TIME, VALUES, read_back
from tidemill.contract import Contract
from tidemill.quality import checked, cleansed, rules_of

# What Python calls a space, less four separators that Unicode does not, and two characters that nobody sees.
BLANKS = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace() and not "\x1c" <= sign <= "\x1f")
BLANKS += "\u200b\ufeff"
BRONZE = "text string, _rescued string, _raw string, _source string, _position string"
ARRIVED = datetime(2024, 5, 3, 12)
NASTY = [
    *["0e37", "-0E+38 "],
    *("", " ", "  1 ", "+1", "-0", "-", "+", ".", "1.", ".5", "1e400", "-1e400", "1e-400", "1E5", "1e", "1e1000"),
    *("1e-999999999", "1e999999999", "0" * 99 + "1", "9" * 101, "1_0", "1,000", "1 000", "0x1p3", "1d", "1D", "1f"),
    *("NaN", "nan", "Infinity", "-inf", "1\0", "\0", "a\0b", "\uff11\uff12", "٣", "²", "½", "\u00a01\u00a0"),
    *("\u20031", "\u200b", "\u3000a\u2028", "a\v", "\fa", "\x85a", "\ufeffa", "a  b", "a\tb\r\nc", "a\n", "0x10", "1F"),
    *("127", "128", "-128", "-129", "32768", "2147483647", "2147483648", "9223372036854775807"),
    *("9223372036854775808", "99999999.99", "99999999.995", "100000000", "-99999999.994", "1.005", "-1.005"),
    *("0.004999", "12345678901234567890", "0.5000000000000000000000000000000000000000001"),
    *("true", "TRUE", "t", "Yes", "y", "on", "off", "0", "1", "2", "f", "No", " n "),
    *("2024-05-03", "2024-5-3", "2024-02-30", "2023-02-29", "2024", "2024-05", "20240503", "2024-05-03 x"),
    *("03.05.2024", "2024-13-01", "2024-00-10", "1582-10-10", "1900-02-29", "0000-01-01", "0001-01-01"),
    *("9999-12-31", "10000-01-01", "-2024-05-03", "+2024-05-03", "12345-1", "2024-05-03T", "2024-05-04"),
    *("2024-05-03 10:15", "2024-05-03T10:15:30.123456789", "2016-12-31 23:59:60", "2024-05-03 24:00:00"),
    *("2024-05-03T10:15:30.5Z", "2024-05-03 10:15:30.123456789Z", "2024-05-03T24:00:00Z", "2024-02-30T10:15:30Z"),
    *("2024-05-03T10:15:30.Z", "2024-05-03T10:15:30ZZ", "2024-05-03 10:15:30.+1:00Z"),
    *("2024-05-03T10:15:30Z", "2024-05-03 10:15:30+02:00", "2024-05-03 10:15:30 -05:00", "10:15", "T10:15"),
    *(" 2024-05-03 ", "2024-05-03 12:00:01", "Straße", "ǅ", "ΌΣΟΣ", "e\u0301", "İI", "\U0001d7d9", "\U0001f469\u200d"),
]
TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.sampled_from(NASTY),
        st.text(st.characters(codec="utf-8", max_codepoint=0x2FFF), max_size=12),
        st.from_regex(r"\A[ +-]?[0-9]{0,12}(\.[0-9]{0,4})?([eE][+-]?[0-9]{1,3})?[ ]?\Z", fullmatch=True).filter(
            str.isascii
        ),
        st.integers().map(str),
        st.floats().map(repr),
        st.dates().map(str),
        st.datetimes(timezones=st.sampled_from([None, UTC])).map(str),
    ),
    min_size=150,
    max_size=200,
)
# Each example is a Spark job, so a failure is shown as it was found instead of made smaller.
often = settings(max_examples=3, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])


def contract(column: dict[str, Any], *steps: dict[str, Any]) -> Contract:
    return Contract.model_validate(
        {
            "name": "texts",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {"text": column},
            "cleanse": list(steps),
        }
    )


def judge(spark: Any, column: dict[str, Any], texts: list[str | None]) -> list[Any]:
    """For each text its value, the checks that it fails and the value that they show."""
    own = contract(column)
    rows = [(text, None, None, "s", f"{place:09}") for place, text in enumerate(texts)]
    frame = spark.createDataFrame(rows, BRONZE).selectExpr("*", f"timestamp'{ARRIVED}' as _ingested_at")
    judged = checked(frame, own, rules_of(own)).selectExpr("cast(text as string) text", "_position", "_failures")
    return [
        (row["text"], {one["check"].partition(".")[2]: one["value"] for one in row["_failures"] or ()})
        for row in sorted(judged.collect(), key=lambda row: row["_position"])
    ]


@pytest.mark.parametrize("kind", VALUES)
@often
@given(TEXTS)
def test_a_text_is_its_value_or_is_refused_as_it_was_delivered(spark, kind, texts):
    texts = [*NASTY, *texts]
    if kind == "timestamp":
        # Java knows more ways to write an offset than are told apart here.
        texts = [text for text in texts if text is None or re.fullmatch(f"(?:{DAY}({TIME})?|[^+-]*)", text.strip())]

    for text, (value, failures) in zip(texts, judge(spark, {"type": kind}, texts), strict=True):
        expected = None if text is None else VALUES[kind](text)
        refused = {} if text is None or expected is not None else {"type": text}
        assert failures == refused, text
        if not refused:
            assert read_back(kind, value) == expected, text


BOUNDED = {
    "int": (-5, 1000),
    "double": (-0.5, 1e10),
    "decimal(10,2)": ("-1.00", "99.50"),
    "date": ("1999-12-31", "2024-05-03"),
}


@pytest.mark.parametrize("kind", BOUNDED)
@often
@given(TEXTS)
def test_a_value_outside_its_bounds_fails_the_one_that_it_breaks(spark, kind, texts):
    low, high = BOUNDED[kind]
    number = (lambda value: value) if kind == "date" else (lambda value: Decimal(str(value)))

    for text, (_, failures) in zip(
        [*NASTY, *texts], judge(spark, {"type": kind, "min": low, "max": high}, [*NASTY, *texts]), strict=True
    ):
        value = None if text is None else VALUES[kind](text)
        if value is not None:
            broken = {"min": number(value) < number(low), "max": number(value) > number(high)}
            assert set(failures) == {name for name, is_broken in broken.items() if is_broken}, text


ONE_OF = ["1", "Straße", "a\0b", ""]
# Java's $ also stands before a line's end at the end of the text.
LOWER = re.compile(r"^[a-z0-9 .-]+(\r\n|[\n\r\u0085\u2028\u2029])?\Z")
STRING_CHECKS = {
    "required": ({"required": True}, lambda text: text is not None),
    "one_of": (
        {"one_of": ["1", "Straße", "a\0b", ""]},
        lambda text: text is None or text in ("1", "Straße", "a\0b", ""),
    ),
    "length": ({"length": {"min": 1, "max": 3}}, lambda text: text is None or 1 <= len(text) <= 3),
    "pattern": (
        {"pattern": "^[a-z0-9 .-]+$"},
        lambda text: text is None or re.search(r"^[a-z0-9 .-]+(\r\n|[\n\r\u0085\u2028\u2029])?\Z", text),
    ),
}


@pytest.mark.parametrize("name", STRING_CHECKS)
@often
@given(TEXTS)
def test_a_check_of_texts_holds_where_it_says_so(spark, name, texts):
    key, holds = STRING_CHECKS[name]

    for text, (_, failures) in zip(
        [*NASTY, *texts], judge(spark, {"type": "string", **key}, [*NASTY, *texts]), strict=True
    ):
        assert failures == ({} if holds(text) else {name: text}), text


@often
@given(TEXTS)
def test_what_lies_after_the_arrival_fails(spark, texts):
    judged = judge(spark, {"type": "date", "not_in_future": True}, [*NASTY, *texts])

    for text, (value, failures) in zip([*NASTY, *texts], judged, strict=True):
        assert ("not_in_future" in failures) == (value is not None and value > "2024-05-03"), text


def has_known_case(text: str) -> bool:
    # Newer letters have cases that Java 17 does not know yet.
    return all(unicodedata.category(sign) not in ("Cn", "Co") and ord(sign) < 0x1C80 for sign in text)


def title(text: str) -> str:
    return (
        re.sub(r"(^| )([^ ])", lambda found: found[1] + found[2].title()[:1], text.lower()) if text.isascii() else text
    )


def german(text: str) -> str:
    if re.fullmatch(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?", text):
        return text.replace(".", "").replace(",", ".")
    return f"not written as 1.234,56: {text}"


STEPS: dict[str, tuple[dict[str, Any], Callable[[str], str | None]]] = {
    "trim": ({"trim": "all"}, lambda text: text.strip(BLANKS)),
    "collapse_spaces": ({"collapse_spaces": "all"}, lambda text: re.sub(f"[{BLANKS}]+", " ", text)),
    "empty_to_null": ({"empty_to_null": "all"}, lambda text: text or None),
    "null_values": ({"null_values": ["NaN", "-", ""]}, lambda text: None if text in ("NaN", "-", "") else text),
    "lower": ({"lower": "all"}, str.lower),
    "upper": ({"upper": "all"}, str.upper),
    "title": ({"title": "all"}, title),
    "unicode": ({"unicode": "all"}, lambda text: unicodedata.normalize("NFC", text)),
    "replace": ({"replace": {"text": {"1": "2", "2": "1"}}}, lambda text: {"1": "2", "2": "1"}.get(text, text)),
    "regex_replace": (
        {"regex_replace": {"text": {"([0-9])a?": "<$1>"}}},
        lambda text: re.sub("([0-9])a?", r"<\1>", text),
    ),
    "numbers": ({"numbers": {"text": "1.234,56"}}, german),
    "fill": ({"fill": {"text": "x"}}, lambda text: text),
    "set": ({"set": {"text": "concat(text, '!')"}}, lambda text: f"{text}!"),
}


@pytest.mark.parametrize("verb", STEPS)
@often
@given(TEXTS)
def test_a_step_gives_what_it_says_and_counts_what_it_changed(spark, verb, texts):
    step, oracle = STEPS[verb]
    texts = [*NASTY, "1.234,56", "a1b", *texts]
    if verb in ("lower", "upper", "title"):
        texts = [
            text for text in texts if text is None or (has_known_case(text) and (verb != "title" or text.isascii()))
        ]
    kind = "double" if verb == "numbers" else "string"
    rows = [(place, text) for place, text in enumerate(texts)]
    frame = cleansed(spark.createDataFrame(rows, "place int, text string"), contract({"type": kind}, step))

    for text, row in zip(texts, sorted(frame.collect(), key=lambda row: row["place"]), strict=True):
        expected = oracle(text) if text is not None else ("x" if verb == "fill" else None)
        assert row["text"] == expected, (text, row["text"])
        assert row["_cleansed"] == [int(text != expected)], text


def test_dates_give_the_first_format_that_fits(spark):
    texts = ["03.05.2024", "3.5.2024", "2024-05-03", "31.02.2024", "", "\0", "03.05.2024 ", "٣", "00.00.0000", None]
    own = contract({"type": "date"}, {"dates": {"text": ["dd.MM.yyyy", "yyyy-MM-dd"]}})
    rows = [(place, text) for place, text in enumerate(texts)]

    frame = cleansed(spark.createDataFrame(rows, "place int, text string"), own).orderBy("place")

    fits = {"03.05.2024": "2024-05-03", "2024-05-03": "2024-05-03", None: None}
    expected = [fits.get(text, f"not written as dd.MM.yyyy or yyyy-MM-dd: {text}") for text in texts]
    assert [row["text"] for row in frame.collect()] == expected


def test_what_is_no_unicode_passes_through_every_step_and_is_refused_as_a_number(spark):
    broken = spark.sql(
        "select cast(unhex('31eda080') as string) text, null _rescued, null _raw, 's' _source, '1' _position"
    )
    steps = [step for verb, (step, _) in STEPS.items() if verb != "numbers"]
    own = contract({"type": "int"}, *steps)

    (row,) = checked(
        broken.selectExpr(
            "text", *(f"cast({name} as string) {name}" for name in ("_rescued", "_raw", "_source", "_position"))
        ),
        own,
        rules_of(own),
    ).collect()

    assert [one["check"] for one in row["_failures"]] == ["text.type"]


def test_a_field_of_ten_megabytes_goes_through_every_step_and_check(spark):
    long = "x" * 10_000_000
    steps = [step for verb, (step, _) in STEPS.items() if verb not in ("numbers", "unicode")]
    own = contract({"type": "string", "length": {"max": 10}, "pattern": "^[xX]+!$"}, *steps)
    frame = spark.createDataFrame([(f" {long} ", None, None, "s", "1")], BRONZE)

    (row,) = checked(frame, own, rules_of(own)).collect()

    assert [one["check"] for one in row["_failures"]] == ["text.length"]
    assert json.loads(row["_record"])["text"] == f" {long} "


@pytest.mark.parametrize("kind", [kind for kind in VALUES if kind != "string"])
def test_a_number_of_ten_megabytes_is_no_value_and_costs_no_more_than_its_reading(spark, kind):
    ((_, failures),) = judge(spark, {"type": kind}, ["1" * 10_000_000])

    assert set(failures) == {"type"}
