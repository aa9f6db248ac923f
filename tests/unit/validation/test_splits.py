from collections import Counter

import pytest
from pyspark.sql import functions as F

from tidemill.validation import assign_folds, assign_holdout, holdout_cuts, split_by_cuts


@pytest.fixture(scope="module")
def customers(spark):
    rows = spark.range(1000).select(F.format_string("%04d", "id").alias("id"), (F.col("id") % 7 == 0).alias("left"))
    return rows.withColumn("left", F.col("left").cast("int"))


def by_id(rows, column):
    return {row["id"]: row[column] for row in rows.collect()}


def test_the_hold_out_takes_its_share_of_each_class(customers):
    split = assign_holdout(customers, ["id"], 0.2, 1, "left")

    counts = Counter((row["left"], row["split"]) for row in split.collect())
    assert counts == {(0, "holdout"): 171, (0, "train"): 686, (1, "holdout"): 29, (1, "train"): 114}


@pytest.mark.parametrize("strata", ["left", None])
def test_each_class_is_spread_over_the_folds_to_within_one_row(customers, strata):
    rows = assign_folds(customers, ["id"], 7, 1, strata).collect()

    classes = [[row["fold"] for row in rows if row["left"] == left] for left in (0, 1)] if strata else [rows]
    for members in classes:
        sizes = Counter(member if strata else member["fold"] for member in members)
        assert set(sizes) == set(range(7))
        assert max(sizes.values()) - min(sizes.values()) <= 1


def test_neither_order_nor_partitioning_changes_a_row_s_place(customers):
    shuffled = customers.orderBy(F.rand(3)).repartition(5)

    for assign, column in ((assign_holdout, "split"), (assign_folds, "fold")):
        amount = 0.3 if assign is assign_holdout else 5
        first, second = (by_id(assign(rows, ["id"], amount, 9, "left"), column) for rows in (customers, shuffled))
        assert first == second


def test_another_seed_makes_other_folds(customers):
    one, other = (by_id(assign_folds(customers, ["id"], 5, seed, "left"), "fold") for seed in (1, 2))

    assert sum(one[key] == other[key] for key in one) < 300


def test_folds_do_not_follow_the_order_of_the_hold_out(customers):
    training = assign_holdout(customers, ["id"], 0.5, 1).where("split = 'train'")
    first = by_id(assign_folds(training, ["id"], 5, 1), "fold")
    fresh = by_id(assign_folds(customers, ["id"], 5, 1), "fold")

    assert sum(first[key] == fresh[key] for key in first) < 200


@pytest.mark.parametrize("strata", ["left", None])
def test_the_recorded_cuts_tell_later_which_rows_were_held_out(customers, strata):
    split = assign_holdout(customers, ["id"], 0.2, 4, strata)
    cuts = holdout_cuts(split, ["id"], 4, strata)
    half = customers.where("id % 2 = 0")

    again = by_id(half.withColumn("split", split_by_cuts(cuts, ["id"], 4, strata)), "split")

    was = by_id(split, "split")
    assert again == {key: was[key] for key in again}
