import pytest

from tidemill.contract import Contract
from tidemill.quality import require_sql
from tidemill.quality.requiring import WrongWriting


def contract(column, *steps):
    return Contract.model_validate(
        {
            "name": "texts",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {"text": column},
            "cleanse": list(steps),
        }
    )


@pytest.mark.parametrize(
    ("column", "steps", "key"),
    [
        ({"type": "string", "pattern": "(?P<name>a)"}, [], "columns.text.pattern"),
        ({"type": "date", "format": "dd.MM.yyyy bbb"}, [], "columns.text.format"),
        ({"type": "timestamp", "time_zone": "Europe/Berln"}, [], "columns.text.time_zone"),
        ({"type": "string"}, [{"regex_replace": {"text": {"(?P<name>a)": ""}}}], "cleanse.0.regex_replace.text"),
        ({"type": "date"}, [{"trim": "all"}, {"dates": {"text": ["yyyy-MM-dd", "dd.YYYY"]}}], "cleanse.1.dates.text"),
    ],
)
def test_what_only_spark_cannot_use_is_told_before_any_data(spark, column, steps, key):
    with pytest.raises(WrongWriting, match=f"texts: '{key}': ") as told:
        require_sql(spark, contract(column, *steps))
    assert "\n" not in str(told.value)


def test_what_only_python_cannot_use_is_a_mistake_of_the_contract():
    with pytest.raises(ValueError, match="is no regular expression"):
        contract({"type": "string", "pattern": r"\p{Lu}"})


def test_every_bound_format_and_time_zone_that_a_contract_takes_is_one_for_spark(spark):
    for column in (
        {"type": "byte", "min": -128, "max": 127},
        {"type": "double", "min": "-1e308", "one_of": ["1", "2.5"]},
        {"type": "decimal(4,2)", "max": "99.99", "min": -99},
        {"type": "date", "min": "0001-01-01", "max": "9999-12-31"},
        {"type": "timestamp", "min": "2024-01-01T00:00:00+02:00", "time_zone": "Europe/Berlin", "format": "yyyy"},
        {"type": "boolean", "one_of": ["true"]},
    ):
        require_sql(spark, contract(column))
