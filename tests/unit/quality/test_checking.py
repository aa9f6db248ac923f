import pytest
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.quality import WrongSql, checked, failure_counts, require_sql, rules_of

BRONZE = (
    "id string, at string, amount string, kind string, _rescued string, _raw string, _source string, _position string"
)


def contract(**changes):
    return Contract.model_validate(
        {
            "name": "orders",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {
                "id": {"from": "ID", "type": "int", "required": True},
                "at": {"type": "timestamp", "format": "yyyy-MM-dd HH:mm", "time_zone": "Europe/Berlin"},
                "amount": {"type": "decimal(10,2)", "min": 0, "max": "99.50", "on_fail": "warn"},
                "kind": {"type": "string", "one_of": ["a", "b"], "pattern": "^[a-z]$", "length": {"max": 1}},
            },
            "cleanse": [
                {"trim": "all"},
                {"empty_to_null": "all"},
                {"lower": ["kind"]},
                {"replace": {"kind": {"x": "b"}}},
            ],
            "checks": [{"name": "dear", "sql": "amount > id"}],
            **changes,
        }
    )


def check(spark, own, *rows):
    full = [(*row, None, None, "s", str(place)) for place, row in enumerate(rows)]
    return checked(spark.createDataFrame(full, BRONZE), own, rules_of(own))


def refusals(row):
    return {failure["check"]: failure["value"] for failure in row["_failures"] or ()}


def test_text_is_cleansed_and_cast_and_a_wall_clock_is_turned_into_utc(spark):
    (row,) = check(spark, contract(), (" 1 ", "2024-07-01 12:00", " 5.5", " X ")).collect()

    assert (row["id"], str(row["amount"]), row["kind"]) == (1, "5.50", "b")
    assert row["at"].isoformat() == "2024-07-01T10:00:00"
    assert not row["_refused"]
    assert row["_record"] is None


def test_a_refused_row_carries_each_reason_with_the_delivered_value(spark):
    expected = {
        ("", None, "5", "a"): {"id.required": ""},
        ("1x", None, "5", "a"): {"id.type": "1x"},
        ("1", "2024-02-30 10:00", "5", "a"): {"at.type": "2024-02-30 10:00"},
        ("1", None, "five", "a"): {"amount.type": "five"},
        ("1", None, "5", "c"): {"kind.one_of": "c"},
        ("1", None, "5", "ab"): {"kind.one_of": "ab", "kind.pattern": "ab", "kind.length": "ab"},
        ("7", None, "5", "a"): {"dear": None},
        ("1", None, None, None): {},
    }

    judged = check(spark, contract(), *expected).orderBy(F.col("_position").cast("int")).collect()

    assert [refusals(row) for row in judged] == list(expected.values())
    assert [row["_refused"] for row in judged] == [bool(reasons) for reasons in expected.values()]


def test_a_date_that_only_spark_2_could_read_is_refused_and_does_not_end_the_run(spark):
    (row,) = check(spark, contract(), ("1", "2024-5-1 10:00", "5", "a")).collect()

    assert refusals(row) == {"at.type": "2024-5-1 10:00"}


def test_a_warning_lets_the_row_pass_and_carries_the_name_of_its_check(spark):
    (low, high) = check(spark, contract(checks=[]), ("1", None, "-1", "a"), ("1", None, "99.51", "a")).collect()

    assert (low["_warnings"], high["_warnings"]) == (["amount.min"], ["amount.max"])
    assert not low["_refused"]


def test_a_record_that_did_not_parse_has_that_one_reason_and_keeps_its_text(spark):
    broken = spark.createDataFrame([(None, None, None, None, None, '{"id": 1,', "s", "1")], BRONZE)

    (row,) = checked(broken, contract(), rules_of(contract())).collect()

    assert refusals(row) == {"record.parse": '{"id": 1,'}
    assert row["_record"] == '{"_raw":"{\\"id\\": 1,"}'


def test_the_record_is_kept_under_its_delivered_names(spark):
    (row,) = check(spark, contract(), (" 1x", None, "5", "a")).collect()

    assert row["_record"] == '{"ID":" 1x","amount":"5","kind":"a"}'


def test_more_than_64_checks_are_counted_apart(spark):
    many = contract(checks=[{"name": f"c{number}", "sql": f"id <> {number}"} for number in range(130)])
    rules = rules_of(many)
    rows = check(spark, many, *[(str(number), None, None, "a") for number in (3, 64, 129, 129)])

    figures = rows.agg(*[count.alias(name) for name, count in failure_counts(rules).items()]).first().asDict()

    assert {name: count for name, count in figures.items() if count} == {"c3": 1, "c64": 1, "c129": 2}


@pytest.mark.parametrize(
    ("checks", "complaint"),
    [
        ([{"name": "c", "sql": "amuont > 1"}], "check 'c'.*amuont"),
        ([{"name": "c", "sql": "amount >"}], "check 'c'.*syntax"),
        ([{"name": "c", "sql": "amount + 1"}], "check 'c'.*BOOLEAN"),
        ([{"name": "c", "table": "count(id)"}], "check 'c'.*BOOLEAN"),
    ],
)
def test_bad_sql_is_found_without_reading_any_data(spark, checks, complaint):
    with pytest.raises(WrongSql, match=f"(?i)orders: the SQL of {complaint}"):
        require_sql(spark, contract(checks=checks))


def test_a_wall_clock_that_a_change_of_the_clocks_doubles_or_leaves_out_has_one_meaning(spark):
    ambiguous, missing = check(
        spark, contract(), ("1", "2024-10-27 02:30", None, None), ("1", "2024-03-31 02:30", None, None)
    ).collect()

    assert ambiguous["at"].isoformat() == "2024-10-27T00:30:00"
    assert missing["at"].isoformat() == "2024-03-31T01:30:00"


def test_nothing_may_lie_after_the_arrival_of_its_row_and_a_date_not_after_its_day(spark):
    own = contract(
        columns={
            "at": {"type": "timestamp", "not_in_future": "5 minutes"},
            "day": {"type": "date", "not_in_future": True},
        },
        cleanse=[],
        checks=[],
    )
    texts = [("2024-05-03 12:05", "2024-05-03"), ("2024-05-03 12:06", "2024-05-04"), (None, None)]
    rows = spark.createDataFrame([(*row, None, None, "s", str(n)) for n, row in enumerate(texts)], BRONZE_OF_MOMENTS)
    arrived = rows.withColumn("_ingested_at", F.lit("2024-05-03 12:00:00").cast("timestamp"))

    judged = checked(arrived, own, rules_of(own)).orderBy("_position").collect()

    assert [list(refusals(row)) for row in judged] == [[], ["at.not_in_future", "day.not_in_future"], []]


BRONZE_OF_MOMENTS = "at string, day string, _rescued string, _raw string, _source string, _position string"


def test_two_hundred_rules_are_told_apart_in_counts_failures_and_warnings(spark):
    own = contract(
        checks=[
            {"name": f"c{number}", "sql": f"id <> {number}", "on_fail": "warn" if number % 2 else "quarantine"}
            for number in range(200)
        ]
    )
    rows = check(spark, own, ("62", None, None, "a"), ("63", None, None, "a"), ("198", None, None, "a"))

    assert [(list(refusals(row)), row["_warnings"]) for row in rows.orderBy("_position").collect()] == [
        (["c62"], []),
        ([], ["c63"]),
        (["c198"], []),
    ]


def test_a_time_with_an_offset_of_its_own_is_not_moved_by_the_columns_time_zone(spark):
    own = contract(columns={"at": {"type": "timestamp", "time_zone": "Europe/Berlin"}}, cleanse=[], checks=[])
    texts = ["2024-07-01 12:00", "2024-07-01T12:00:00Z", "2024-07-01 12:00:00+05:00", "2024-07-01"]
    schema = "at string, _rescued string, _raw string, _source string, _position string"
    rows = spark.createDataFrame([(text, None, None, "s", str(n)) for n, text in enumerate(texts)], schema)

    judged = checked(rows, own, rules_of(own)).orderBy("_position").collect()

    assert [row["at"].isoformat() for row in judged] == [
        "2024-07-01T10:00:00",
        "2024-07-01T12:00:00",
        "2024-07-01T07:00:00",
        "2024-06-30T22:00:00",
    ]
