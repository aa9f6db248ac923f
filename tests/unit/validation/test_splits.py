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


def test_neither_order_nor_partitioning_changes_a_row_s_place(customers):
    shuffled = customers.orderBy(F.rand(3)).repartition(5)

    first, second = (by_id(assign_holdout(rows, ["id"], 0.3, 9, "left"), "split") for rows in (customers, shuffled))

    assert first == second


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
