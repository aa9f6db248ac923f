from collections import Counter

import pytest
from pyspark.sql import functions as F

from tidemill.validation import assign_folds, assign_grouped_folds, assign_time_folds


@pytest.fixture(scope="module")
def customers(spark):
    rows = spark.range(1000).select(F.format_string("%04d", "id").alias("id"), (F.col("id") % 7 == 0).alias("left"))
    return rows.withColumn("left", F.col("left").cast("int"))


@pytest.fixture(scope="module")
def orders(spark):
    """Orders of 40 customers, the first with many, and a day for each five."""
    customer = F.when(F.col("id") < 30, F.lit(0)).otherwise(F.col("id") % 40)
    return spark.range(300).select("id", customer.alias("customer"), F.floor(F.col("id") / 5).cast("int").alias("day"))


def by_id(rows, column):
    return {row["id"]: row[column] for row in rows.collect()}


@pytest.mark.parametrize("strata", ["left", None])
def test_each_class_is_spread_over_the_folds_to_within_one_row(customers, strata):
    rows = assign_folds(customers, ["id"], 7, 1, strata).collect()

    classes = [[row["fold"] for row in rows if row["left"] == left] for left in (0, 1)] if strata else [rows]
    for members in classes:
        sizes = Counter(member if strata else member["fold"] for member in members)
        assert set(sizes) == set(range(7))
        assert max(sizes.values()) - min(sizes.values()) <= 1


def test_neither_order_nor_partitioning_changes_a_row_s_fold(customers, orders):
    ways = (
        (customers, lambda rows: assign_folds(rows, ["id"], 5, 9, "left")),
        (orders, lambda rows: assign_grouped_folds(rows, ["customer"], 5, 9)),
        (orders, lambda rows: assign_time_folds(rows, "day", 5)),
    )
    for rows, assign in ways:
        assert by_id(assign(rows), "fold") == by_id(assign(rows.orderBy(F.rand(3)).repartition(5)), "fold")


@pytest.mark.parametrize("other", [{"seed": 2}, {"seed": 1, "repeat": 1}])
def test_another_seed_or_repetition_makes_other_folds(customers, other):
    one = by_id(assign_folds(customers, ["id"], 5, 1, "left"), "fold")
    again = by_id(assign_folds(customers, ["id"], 5, strata="left", **other), "fold")

    assert sum(one[key] == again[key] for key in one) < 300


def test_no_group_is_in_two_folds_and_the_folds_are_of_like_size(orders):
    rows = assign_grouped_folds(orders, ["customer"], 4, 1).collect()

    assert len(rows) == 300
    assert len({(row["customer"], row["fold"]) for row in rows}) == 40
    sizes = Counter(row["fold"] for row in rows)
    assert set(sizes) == {0, 1, 2, 3}
    assert max(sizes.values()) < 1.6 * min(sizes.values())


def test_groups_of_each_class_are_spread_over_the_folds(orders):
    classed = orders.withColumn("returned", (F.col("customer") % 5 == 0).cast("int"))

    rows = assign_grouped_folds(classed, ["customer"], 4, 1, "returned").collect()

    returning = Counter(
        row["fold"] for row in {(row["customer"], row["fold"]): row for row in rows if row["returned"]}.values()
    )
    assert returning == {0: 2, 1: 2, 2: 2, 3: 2}


def test_a_row_without_a_group_belongs_to_the_group_of_those_without(orders):
    unnamed = orders.withColumn("customer", F.when(F.col("customer") != 3, F.col("customer")))

    rows = assign_grouped_folds(unnamed, ["customer"], 4, 1).collect()

    assert len(rows) == 300
    assert len({row["fold"] for row in rows if row["customer"] is None}) == 1


def test_folds_by_time_follow_one_another_and_part_no_moment(orders):
    rows = assign_time_folds(orders, "day", 4).collect()

    assert Counter(row["fold"] for row in rows) == {-1: 60, 0: 60, 1: 60, 2: 60, 3: 60}
    days = {fold: [row["day"] for row in rows if row["fold"] == fold] for fold in range(-1, 4)}
    assert all(max(days[fold]) < min(days[fold + 1]) for fold in range(-1, 3))


def test_a_row_without_a_time_is_in_no_fold(orders):
    undated = orders.withColumn("day", F.when(F.col("id") != 7, F.col("day")))

    assert 7 not in by_id(assign_time_folds(undated, "day", 4), "fold")
