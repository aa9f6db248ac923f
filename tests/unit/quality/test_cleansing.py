import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemill.contract import Contract
from tidemill.quality import WrongSql, change_counts, checked, cleansed, require_sql, rules_of


def contract(*steps, kind="string", **more):
    return Contract.model_validate(
        {
            "name": "texts",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {"text": {"type": kind}, "other": {"type": "string"}},
            "cleanse": list(steps),
            **more,
        }
    )


def clean(spark, own, *texts):
    rows = [(place, text, "o") for place, text in enumerate(texts)]
    frame = cleansed(spark.createDataFrame(rows, "place int, text string, other string"), own)
    return [row["text"] for row in frame.orderBy("place").collect()]


@pytest.mark.parametrize(
    ("step", "text", "result"),
    [
        ({"collapse_spaces": "all"}, " a \t\u00a0b\n", " a b "),
        ({"title": ["text"]}, "ada LOVELACE", "Ada Lovelace"),
        ({"unicode": ["text"]}, "e\u0301", "é"),
        ({"null_values": ["NA", "-"]}, "NA", None),
        ({"null_values": {"text": ["n/a"]}}, "n/a", None),
        ({"null_values": {"text": ["n/a"]}}, "NA", "NA"),
        ({"regex_replace": {"text": {"[^0-9]": "", "^0+": ""}}}, "00-12 34", "1234"),
        ({"set": {"text": "concat(text, other)"}}, "a", "ao"),
        ({"fill": {"text": "x"}}, None, "x"),
    ],
)
def test_a_step_turns_one_text_into_another(spark, step, text, result):
    assert clean(spark, contract(step), text) == [result]


def test_the_steps_follow_one_another_and_sql_sees_what_they_left(spark):
    own = contract(
        {"trim": "all"}, {"set": {"text": "upper(text)", "other": "text"}}, {"replace": {"text": {"A": "b"}}}
    )

    frame = cleansed(spark.createDataFrame([(" a ", "o")], "text string, other string"), own)

    assert frame.drop("_cleansed").first().asDict() == {"text": "b", "other": "a"}


@pytest.mark.parametrize(
    ("example", "text", "value"),
    [
        ("1.234,56", "1.234,56", "1234.56"),
        ("1.234,56", "-12.345.678", "-12345678.00"),
        ("1.234,56", "0,5", "0.50"),
        ("1.234,56", "12.5", None),
        ("1.234,56", "1.23", None),
        ("1.234,56", "1,234.56", None),
        ("1 234,5", "1\u202f234,5", "1234.50"),
        ("1'234.56", "1'234.56", "1234.56"),
        ("1234,5", "1234,5", "1234.50"),
        ("1234,5", "1.234,5", None),
        ("1,234", "12,345", "12345.00"),
        ("1.234,56", None, None),
    ],
)
def test_a_number_is_read_as_it_is_written_or_refused(spark, example, text, value):
    own = contract({"numbers": {"text": example}}, kind="decimal(12,2)")
    delivered = spark.createDataFrame(
        [(text, None, None, None, "s", "1")],
        "text string, other string, _rescued string, _raw string, _source string, _position string",
    )

    row = checked(delivered, own, rules_of(own)).first()

    assert (None if row["text"] is None else str(row["text"])) == value
    assert row["_refused"] == (value is None and text is not None)
    assert [failure["value"] for failure in row["_failures"] or ()] == ([text] if row["_refused"] else [])


@settings(max_examples=5)
@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=200))
def test_every_number_is_read_back_from_its_german_way(spark, numbers):
    texts = [f"{number:,.2f}".translate(str.maketrans(",.", ".,")) for number in numbers]

    assert clean(spark, contract({"numbers": {"text": "1.234,56"}}, kind="double"), *texts) == [
        f"{number:.2f}" for number in numbers
    ]


@settings(max_examples=5)
@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=20)), min_size=1, max_size=200))
def test_unicode_is_composed_as_python_composes_it(spark, texts):
    expected = [None if text is None else unicodedata.normalize("NFC", text) for text in texts]

    assert clean(spark, contract({"unicode": "all"}), *texts) == expected


def test_dates_are_read_by_the_first_format_that_fits(spark):
    own = contract({"dates": {"text": ["dd.MM.yyyy", "yyyy/MM/dd HH:mm"]}}, kind="timestamp")

    assert clean(spark, own, "03.05.2024", "2024/05/03 10:15", None) == [
        "2024-05-03 00:00:00.000000",
        "2024-05-03 10:15:00.000000",
        None,
    ]
    assert clean(spark, own, "31.02.2024", "2024") == [
        f"not written as dd.MM.yyyy or yyyy/MM/dd HH:mm: {text}" for text in ("31.02.2024", "2024")
    ]


@pytest.mark.parametrize(
    ("step", "kind", "complaint"),
    [
        ({"numbers": {"text": "1.234.567"}}, "int", "is no example of a number"),
        ({"numbers": {"text": "1.234,56"}}, "string", "numbers is for a numeric column"),
        ({"dates": {"text": ["yyyy"]}}, "int", "dates is for a date or timestamp"),
        ({"regex_replace": {"text": {"(": ""}}}, "string", "no regular expression"),
        ({"null_values": {"txt": ["x"]}}, "string", "Did you mean 'text'"),
    ],
)
def test_a_step_that_cannot_be_is_refused_before_any_data(step, kind, complaint):
    with pytest.raises(ValueError, match=complaint):
        contract(step, kind=kind)


def test_the_sql_of_a_step_is_checked_without_data(spark):
    with pytest.raises(WrongSql, match=r"check 'cleanse\.set\.text' is wrong.*txt"):
        require_sql(spark, contract({"set": {"text": "upper(txt)"}}))


def test_what_each_step_changed_is_counted_by_column(spark):
    own = contract(
        {"trim": "all"},
        {"empty_to_null": ["text"]},
        {"set": {"other": "concat(other, coalesce(text, ''))"}},
        {"fill": {"text": "x"}},
        {"lower": "all"},
    )
    rows = cleansed(spark.createDataFrame([(" ", "A"), ("B", "b "), (None, None)], "text string, other string"), own)

    counts = rows.agg(*[count.alias(name) for name, count in change_counts(own).items()]).first().asDict()

    assert [row["text"] for row in rows.collect()] == ["x", "b", "x"]
    assert counts == {
        "cleanse.0.trim.text": 1,
        "cleanse.0.trim.other": 1,
        "cleanse.1.empty_to_null.text": 1,
        "cleanse.2.set.other": 1,
        "cleanse.3.fill.text": 2,
        "cleanse.4.lower.text": 1,
        "cleanse.4.lower.other": 2,
    }
