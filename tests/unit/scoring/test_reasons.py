"""Reasons against a plain loop: replace one column of a row at a time, and ask the model for that row alone."""

import math
from functools import partial

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.classification import DecisionTreeClassifier, LogisticRegression
from pyspark.ml.feature import SQLTransformer, VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.sql import functions as F

from tidemill.registry import Champion, ModelCard, SplitCard
from tidemill.scoring import Reasons, predictions

SCHEMA = "id int, age int, paid double, member boolean, plan string, worth double"
TYPICAL = {"age": 40.0, "paid": 5.0, "member": 1.0, "plan": "flat"}
STATEMENT = (
    "select *, coalesce(nanvl(paid, 5.0D), 5.0D) as _paid, cast(coalesce(member, true) as int) as _member, "
    "if(plan <=> 'flat', 1, 0) as _flat from __THIS__"
)
ROWS = [
    (1, 40, 5.0, True, "flat", 10.0),  # typical in all
    (2, 41, 5.0, True, "flat", 11.0),
    (3, 20, 9.5, False, "metered", 3.0),
    (4, 65, None, None, None, None),
    (5, 65, float("inf"), False, "never seen", 8.0),
    (6, 30, 0.5, True, "metered", 5.5),
    (7, 55, float("nan"), True, "flat", 7.0),
    (8, 20, 1.0, False, "flat", 2.0),
]


def stages():
    return [
        SQLTransformer(statement=STATEMENT),
        VectorAssembler(inputCols=["age", "_paid", "_member", "_flat"], outputCol="features"),
    ]


def fitted(learner, rows):
    before = stages()
    for stage in before:
        rows = stage.transform(rows)
    return PipelineModel([*before, learner.fit(rows)])


def champion(task, model):
    target = "worth" if task == "regression" else "left"
    card = ModelCard(
        name="small",
        task=task,
        table="gold.people",
        table_version=0,
        key=("id",),
        target=target,
        reads=("age", "paid", "member", "plan"),
        split=SplitCard(seed=1, cuts={"all": 0}),
        run="r",
        typical=TYPICAL,
    )
    return Champion(model, 7, card)


def vector_of(age, paid, member, plan):
    """What the stages above make of a row."""
    known = 5.0 if paid is None or math.isnan(paid) else paid
    return [age, known, 1 if member is None else int(member), int(plan == "flat")]


def same(left, right):
    both_nan = isinstance(left, float) and isinstance(right, float) and math.isnan(left) and math.isnan(right)
    return both_nan or (left == right and (left is None) == (right is None))


def text(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity"
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)


def reasons_of(row, answer, most):
    """The oracle: one replaced column at a time."""
    names = list(TYPICAL)
    values = dict(zip(names, row[1:5], strict=True))
    typical = {**TYPICAL, "member": True}
    found = []
    for place, name in enumerate(names):
        if same(values[name], typical[name]):
            continue
        changed = answer(*{**values, name: typical[name]}.values())
        contribution = answer(*values.values()) - changed
        if contribution and math.isfinite(contribution):
            found.append((-abs(contribution), place, name, text(values[name]), contribution))
    return [(name, value, pytest.approx(contribution, abs=1e-9)) for *_, name, value, contribution in sorted(found)][
        :most
    ]


def told(champion, rows, **asked):
    scored = predictions(rows, champion, Reasons(**asked))
    return {row["id"]: row for row in scored.collect()}


def as_tuples(row):
    return [tuple(reason) for reason in row["reasons"]]


@pytest.fixture(scope="module")
def people(spark):
    return spark.createDataFrame(ROWS, SCHEMA).repartition(3)


@pytest.fixture(scope="module")
def linear(people):
    return fitted(LinearRegression(labelCol="worth", regParam=0.1), people.where("paid < 100 and worth is not null"))


@pytest.fixture(scope="module")
def tree(people):
    label = F.expr("cast(age > 30 and plan <=> 'flat' as double)")
    return fitted(
        DecisionTreeClassifier(labelCol="left", maxDepth=2, seed=1),
        people.where("paid < 100").withColumn("left", label),
    )


@pytest.mark.parametrize("most", [1, 3, 10])
def test_a_linear_models_reasons_are_its_terms_less_those_of_the_typical_values(people, linear, most):
    weights, intercept = [float(each) for each in linear.stages[-1].coefficients], linear.stages[-1].intercept

    def answer(*row):
        return intercept + sum(weight * value for weight, value in zip(weights, vector_of(*row), strict=True))

    found = told(champion("regression", linear), people, most=most)

    assert {key: as_tuples(row) for key, row in found.items()} == {
        row[0]: reasons_of(row, answer, most) for row in ROWS
    }
    assert found[1]["reasons"] == []


def test_a_trees_reasons_are_differences_of_log_odds_within_its_bounds(people, tree):
    from pyspark.ml.linalg import Vectors

    model = tree.stages[-1]

    def answer(*row):
        share = min(max(model.predictProbability(Vectors.dense(vector_of(*row)))[1], 1e-15), 1 - 1e-15)
        return math.log(share / (1 - share))

    rows = people.withColumn("left", F.lit(None).cast("int"))
    found = told(champion("binary", tree), rows, most=4)

    assert {key: as_tuples(row) for key, row in found.items()} == {row[0]: reasons_of(row, answer, 4) for row in ROWS}
    assert any(row["reasons"] for row in found.values())


def test_a_row_that_the_model_is_sure_of_has_all_its_reasons(people):
    learnt = people.where("paid < 100").withColumn("left", F.expr("cast(age > 30 and plan <=> 'flat' as double)"))
    model = fitted(LogisticRegression(labelCol="left", regParam=1e-9, tol=1e-12, maxIter=200), learnt)
    rows = learnt.withColumn("left", F.lit(None).cast("int")).where("id = 3")

    sure = told(champion("binary", model), rows, most=4)[3]

    assert sure["probability"] < 1e-6
    assert {reason["column"] for reason in sure["reasons"]} == {"age", "paid", "member", "plan"}


def test_asking_for_reasons_changes_no_answer(people, linear):
    with_reasons, without = (told(champion("regression", linear), people, most=most) for most in (3, 0))

    assert {row["reasons"] for row in without.values()} == {None}
    plain = partial(map, lambda row: {**row.asDict(), "reasons": None})
    assert list(plain(with_reasons[key] for key in sorted(with_reasons))) == list(
        plain(without[key] for key in sorted(without))
    )


def test_a_model_without_typical_values_tells_no_reasons(people, linear):
    card = champion("regression", linear).card.model_copy(update={"typical": None})

    assert {row["reasons"] for row in told(Champion(linear, 7, card), people).values()} == {None}


def test_the_value_of_a_masked_column_is_not_told(people, linear):
    found = told(champion("regression", linear), people, most=10, masked=frozenset({"age"}))

    values = {(reason["column"], reason["value"]) for row in found.values() for reason in row["reasons"]}
    assert {value for column, value in values if column == "age"} == {"***"}
    assert ("plan", "metered") in values


def test_rows_that_share_a_key_or_have_none_keep_a_prediction_each(spark, linear):
    rows = spark.createDataFrame([(1, *ROWS[1][1:]), (1, *ROWS[2][1:]), (None, *ROWS[5][1:])], SCHEMA)

    found = predictions(rows, champion("regression", linear)).collect()

    assert sorted(row["worth"] for row in found) == [3.0, 5.5, 11.0]


def test_the_rows_hash_tells_where_nulls_are_and_does_not_change_with_the_key(spark, linear):
    rows = spark.createDataFrame(
        [(1, 20, None, None, "a", 1.0), (2, 20, None, None, "a", 1.0), (3, 20, 1.0, None, "a", None)], SCHEMA
    )
    found = told(champion("regression", linear), rows, most=0)

    assert found[1]["_row_hash"] == found[2]["_row_hash"]
    assert found[1]["_row_hash"] != found[3]["_row_hash"]
