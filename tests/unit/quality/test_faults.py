import pytest

from tidemill.contract import Contract
from tidemill.quality import checked, rules_of
from tidemill.quality.faults import SqlFailed, telling_sql

BRONZE = "a string, b string, _rescued string, _raw string, _source string, _position string"


def contract(**changes):
    return Contract.model_validate(
        {
            "name": "pairs",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {"a": {"type": "int"}, "b": {"type": "int"}},
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"checks": [{"name": "half", "sql": "a / b > 1"}]}, r"the SQL of 'half' failed on a row: Division by zero"),
        ({"cleanse": [{"set": {"a": "cast(a as int) / cast(b as int)"}}]}, r"'cleanse\.0\.set\.a'.*Division by zero"),
        ({"cleanse": [{"set": {"a": "cast(concat(a, 'x') as int)"}}]}, r"'cleanse\.0\.set\.a'.*'1x'.*cannot be cast"),
    ],
)
def test_sql_that_fails_on_a_row_is_told_in_one_line_by_its_check_or_step(spark, changes, complaint, tmp_path):
    own = contract(**changes)
    rows = spark.createDataFrame([("1", "0", None, None, "s", "1")], BRONZE)

    with pytest.raises(SqlFailed, match=complaint) as told, telling_sql(own):
        checked(rows, own, rules_of(own)).write.parquet(str(tmp_path / "rows"))
    assert "\n" not in str(told.value)


def test_another_error_passes(spark):
    with pytest.raises(ValueError, match="of its own"), telling_sql(contract()):
        raise ValueError("of its own")
