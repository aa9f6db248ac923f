import re

import pytest
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.quality import NoReference, checked, failure_counts, rules_of

BRONZE = "id string, customer string, email string, _rescued string, _raw string, _source string, _position string"


def contract(**changes):
    return Contract.model_validate(
        {
            "name": "orders",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {"id": {"type": "int"}, "customer": {"type": "int"}, "email": {"type": "string"}},
            **changes,
        }
    )


def unique(*columns, **more):
    return contract(checks=[{"name": "once", "unique": list(columns), **more}])


def frame(spark, *rows):
    return spark.createDataFrame([(*row, None, None, "s", f"{place:02}") for place, row in enumerate(rows)], BRONZE)


def failures(rows):
    return {int(row["_position"]): [one["check"] for one in row["_failures"] or ()] for row in rows.collect()}


def check(spark, own, *rows, **others):
    return checked(frame(spark, *rows), own, rules_of(own), **others)


def test_all_but_the_first_of_the_rows_with_the_same_values_fail(spark):
    rows = check(spark, unique("customer", "email"), ("1", "7", "a"), ("2", "7", "b"), ("3", "7", "a"), ("4", "7", "a"))

    assert failures(rows) == {0: [], 1: [], 2: ["once"], 3: ["once"]}
    assert {row["_position"]: row["_refused"] for row in rows.collect()}["03"]


def test_null_equals_nothing_and_a_refused_row_stands_in_nobodys_way(spark):
    rows = check(
        spark, unique("customer", "email"), ("1", "7", None), ("2", "7", None), ("x", "7", "a"), ("4", "7", "a")
    )

    assert failures(rows) == {0: [], 1: [], 2: ["id.type"], 3: []}


def test_a_failure_across_rows_is_told_like_any_other(spark):
    rows = check(spark, unique("email"), ("1", "7", "a"), ("2", "8", "a"))
    row = rows.orderBy("_position").collect()[1]
    counts = rows.agg(*[count.alias(name) for name, count in failure_counts(rules_of(unique("email"))).items()]).first()

    assert [one.asDict() for one in row["_failures"]] == [
        {
            "check": "once",
            "column": "email",
            "value": "a",
            "message": "expected no other row with the same email, got 'a'",
        }
    ]
    assert row["_record"] == '{"id":"2","customer":"8","email":"a"}'
    assert counts["once"] == 1


def test_a_repeated_value_may_be_a_warning(spark):
    rows = check(spark, unique("email", on_fail="warn"), ("1", "7", "a"), ("2", "8", "a")).orderBy("_position")

    assert [(row["_warnings"], row["_refused"], row["_record"]) for row in rows.collect()] == [
        ([], False, None),
        (["once"], False, None),
    ]


def test_an_appending_dataset_is_unique_against_silver_too(spark):
    silver = spark.createDataFrame(
        [(9, 7, "a"), (8, 7, "a"), (10, None, None)], "id int, customer bigint, email string"
    )

    rows = check(spark, unique("customer", "email"), ("1", "7", "a"), ("2", "7", "b"), ("3", None, None), silver=silver)

    assert failures(rows) == {0: ["once"], 1: [], 2: []}


def test_versions_of_one_key_do_not_clash(spark):
    columns = {"id": {"type": "int", "required": True}, "customer": {"type": "int"}, "email": {"type": "string"}}
    own = contract(
        columns=columns, key=["id"], write="upsert", checks=[{"name": "once", "unique": ["email"], "on_fail": "warn"}]
    )

    rows = check(spark, own, ("1", None, "a"), ("2", None, "a"), ("1", None, "a")).orderBy("_position")

    assert [row["_warnings"] for row in rows.collect()] == [[], ["once"], []]


@pytest.mark.parametrize("form", ["column", "check"])
def test_a_value_must_be_in_the_other_datasets_column_and_null_passes(spark, form):
    columns = {"id": {"type": "int"}, "customer": {"type": "int"}, "email": {"type": "string"}}
    if form == "column":
        columns["customer"]["references"] = "customers.number"
        own = contract(columns=columns)
    else:
        own = contract(checks=[{"name": "known_customer", "references": "customers.number", "column": "customer"}])
    customers = spark.createDataFrame([("7",), ("7",), ("x",), (None,)], "number string")

    rows = check(spark, own, ("1", "7", "a"), ("2", "8", "b"), ("3", None, "c"), references={"customers": customers})

    name = "customer.references" if form == "column" else "known_customer"
    assert own.referenced == ("customers",)
    assert failures(rows) == {0: [], 1: [name], 2: []}


def test_a_missing_table_or_column_of_another_dataset_is_told_in_a_line(spark):
    own = contract(checks=[{"name": "known", "references": "customers.number", "column": "customer"}])

    with pytest.raises(
        NoReference, match=r"orders: the check 'known' needs silver\.customers, .* Ingest customers first"
    ):
        check(spark, own, ("1", "7", "a"))
    with pytest.raises(NoReference, match=r"the column 'number' of silver\.customers.*Did you mean 'numbr'"):
        check(spark, own, ("1", "7", "a"), references={"customers": spark.createDataFrame([], "numbr int")})


def test_a_row_whose_texts_equal_an_earlier_ones_is_a_duplicate(spark):
    own = contract(cleanse=[{"lower": ["email"]}, {"drop_duplicates": ["customer", "email"]}])

    rows = check(
        spark,
        own,
        ("x", "7", "a"),
        ("1", "7", "A"),
        ("2", "7", "a"),
        ("3", "07", "a"),
        ("4", None, "b"),
        ("5", None, "B"),
        ("6", None, None),
        ("7", None, None),
    )

    marked = {row["id"]: row["_is_duplicate"] for row in rows.collect()}
    assert marked == {None: False, 1: False, 2: True, 3: False, 4: False, 5: True, 6: False, 7: False}


def test_a_contract_without_such_a_rule_shuffles_nothing_and_with_one_once(spark):
    def exchanges(own, **others):
        plan = check(spark, own, ("1", "7", "a"), **others)._jdf.queryExecution().executedPlan().toString()
        return len(re.findall(r"Exchange hashpartitioning", plan))

    customers = spark.range(3).select(F.col("id").cast("int").alias("number"))

    assert exchanges(contract(checks=[{"name": "c", "sql": "id > 0"}])) == 0
    assert exchanges(unique("email")) == 1
    own = contract(checks=[{"name": "known", "references": "customers.number", "column": "customer"}])
    assert exchanges(own, references={"customers": customers}) <= 2
