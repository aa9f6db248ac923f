from datetime import datetime

import pytest
from pydantic import ValidationError
from pyspark.sql import functions as F

from tidemill.contract import Contract


def contract(*checks, **changes):
    return Contract.model_validate(
        {
            "name": "orders",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {"id": {"type": "int"}, "at": {"type": "timestamp"}, "day": {"type": "date"}},
            "checks": list(checks),
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("check", "complaint"),
    [
        ({"name": "c", "unique": []}, "at least 1 item"),
        ({"name": "c", "unique": ["idd"]}, r"checks\.c: there is no column 'idd'\. Did you mean 'id'\?"),
        ({"name": "c", "references": "customers", "column": "id"}, "should match pattern"),
        ({"name": "c", "references": "customers.id", "column": "idd"}, "Did you mean 'id'"),
        ({"name": "c", "references": "orders.id", "column": "id"}, "'orders' is this dataset itself"),
        ({"name": "c", "row_count": {}}, "give min, max or both"),
        ({"name": "c", "row_count": {"min": 2, "max": 1}}, "min 2 is more than max 1"),
        ({"name": "c", "row_count": {"min": 2}, "on_fail": "quarantine"}, "'warn' or 'fail'"),
        ({"name": "c", "null_share": {"column": "id", "max": 5}}, "less than or equal to 1"),
        ({"name": "c", "freshness": {"column": "at", "within": "2 moons"}}, "should match pattern"),
        ({"name": "c", "freshness": {"column": "id", "within": "2 days"}}, "freshness is for a date or timestamp"),
    ],
)
def test_a_check_that_cannot_be_is_refused(check, complaint):
    with pytest.raises(ValidationError, match=complaint):
        contract(check)


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        ({"type": "int", "not_in_future": True}, "not_in_future is for date and timestamp"),
        ({"type": "date", "not_in_future": False}, "not_in_future"),
        ({"type": "date", "min": "20240101"}, "is no value of type date"),
        ({"type": "byte", "max": 300}, "is no value of type byte"),
        ({"type": "decimal(4,2)", "max": 100}, r"is no value of type decimal\(4,2\)"),
        ({"type": "double", "max": "1_0"}, "is no value of type double"),
        ({"type": "double", "max": "1e400"}, "is no value of type double"),
        ({"type": "timestamp", "time_zone": "x' or '"}, "should match pattern"),
    ],
)
def test_a_key_of_a_column_that_cannot_be_is_refused(column, complaint):
    with pytest.raises(ValidationError, match=complaint):
        contract(columns={"at": column})


def test_duplicates_are_dropped_once_and_only_where_rows_are_appended():
    once = {"drop_duplicates": ["id"]}

    assert contract(cleanse=[once]).drop_duplicates == ("id",)
    with pytest.raises(ValidationError, match="may stand once"):
        contract(cleanse=[once, once])
    with pytest.raises(ValidationError, match="drop_duplicates is for write: append"):
        contract(cleanse=[once], write="upsert", key=["id"], columns={"id": {"type": "int", "required": True}})


NOON = datetime(2024, 5, 3, 12)


@pytest.mark.parametrize(
    ("check", "rows", "holds"),
    [
        ({"row_count": {"min": 1}}, [], False),
        ({"row_count": {"min": 1, "max": 2}}, [(1, None, None)] * 2, True),
        ({"row_count": {"max": 1}}, [(1, None, None)] * 2, False),
        ({"null_share": {"column": "id", "max": 0.05}}, [(None, None, None)] + [(1, None, None)] * 19, True),
        ({"null_share": {"column": "id", "max": 0.05}}, [(None, None, None)] + [(1, None, None)] * 18, False),
        ({"null_share": {"column": "id", "max": 0}}, [], True),
        ({"freshness": {"column": "at", "within": "2 hours"}}, [(1, datetime(2024, 5, 3, 10), None)], True),
        ({"freshness": {"column": "at", "within": "2 hours"}}, [(1, datetime(2024, 5, 3, 9, 59), None)], False),
        ({"freshness": {"column": "at", "within": "2 hours"}}, [(1, None, None)], False),
        ({"freshness": {"column": "at", "within": "2 hours"}}, [], True),
        ({"freshness": {"column": "day", "within": "1 day"}}, [(1, None, datetime(2024, 5, 2))], True),
        ({"freshness": {"column": "day", "within": "1 day"}}, [(1, None, datetime(2024, 5, 1))], False),
    ],
)
def test_a_check_of_a_whole_delivery_is_a_condition_in_sql(spark, check, rows, holds):
    (own,) = contract({"name": "c", **check}).table_checks
    accepted = spark.createDataFrame(
        [(*row, NOON) for row in rows], "id int, at timestamp, day date, _ingested_at timestamp"
    )

    assert accepted.agg(F.expr(own.table).alias("held")).first()["held"] is holds
