"""Divide images among train, validation and test: by their paths, or a share of each class by the order of hashes."""

import fnmatch

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidemill.contract.images import Splits


def with_split(rows: DataFrame, silver: DataFrame | None, splits: Splits, again: DataFrame | None = None) -> DataFrame:
    """Give each image its split, and count its class.

    A class's images are ranked by a hash of seed and image, whatever their order and number of partitions; the first
    go to test, the next to validation, the rest to train, which keeps at least one. Images that silver has stay where
    they are, also when they are delivered again: of a later delivery each split takes what brings it to its share of
    the whole class.

    Args:
        rows: image_id, path, label; only images that go to silver.
        silver: path, label and split of those that it has and that stay; None for none.
        splits: of the contract.
        again: image_id and split of those that silver has and that give way to this delivery; None for none.

    Returns:
        The rows, split string and _of_class bigint: how many images the class has in silver after it.
    """
    by_path = told_by_path(splits)
    free = Window.partitionBy("label", "_told")
    order = free.orderBy(F.xxhash64(F.lit(splits.seed), "image_id"), "image_id", "path")
    known = _with_before(rows, again)
    ranked = known.withColumn("_told", F.coalesce(by_path, "_before")).withColumns(
        {
            "_rank": F.row_number().over(order),
            "_new": F.count(F.lit(1)).over(free),
            "_delivered": F.count(F.when(F.col("_before").isNull(), 1)).over(Window.partitionBy("label")),
        }
    )
    came = None if again is None else known.where("_before is not null").select("path", "label", "_before")
    counted = _with_counts(ranked, _union(silver, came), by_path)
    whole = F.col("_new") + F.col("_had")
    # One image at least is left to train on.
    spare = F.col("_new") - F.when(F.col("_had_train") > 0, 0).otherwise(1)
    test = _taken(whole, F.col("_had_test"), spare, splits.shares.get("test", 0.0))
    rest = spare - F.col("_test")
    validation = _taken(whole, F.col("_had_validation"), rest, splits.shares.get("validation", 0.0))
    dealt = (
        F.when(F.col("_rank") <= F.col("_test"), "test")
        .when(F.col("_rank") <= F.col("_test") + F.col("_validation"), "validation")
        .otherwise("train")
    )
    return (
        counted.withColumn("_test", test)
        .withColumn("_validation", validation)
        .withColumns({"split": F.coalesce("_told", dealt), "_of_class": F.col("_delivered") + F.col("_had_all")})
        .select(*rows.columns, "split", "_of_class")
    )


def told_by_path(splits: Splits) -> Column:
    """The split that a column `path` tells by the contract's patterns; null where none fits."""
    told = F.lit(None).cast("string")
    for name, pattern in splits.patterns.items():
        told = F.coalesce(told, F.when(F.col("path").rlike(f"^{fnmatch.translate(pattern)}"), name))
    return told


def _with_before(rows: DataFrame, again: DataFrame | None) -> DataFrame:
    """The rows and _before: the split that an image which is delivered again has in silver; else null."""
    if again is None:
        return rows.withColumn("_before", F.lit(None).cast("string"))
    return rows.join(again.groupBy("image_id").agg(F.min("split").alias("_before")), "image_id", "left")


def _union(silver: DataFrame | None, came: DataFrame | None) -> DataFrame | None:
    if silver is None or came is None:
        return silver if came is None else came.withColumnRenamed("_before", "split")
    return silver.select("path", "label", "split").union(came)


def _with_counts(ranked: DataFrame, silver: DataFrame | None, told: Column) -> DataFrame:
    """How many images of its class have a split: all, and of those whose split no path tells, all and by split."""
    names = ("_had_all", "_had", "_had_test", "_had_validation", "_had_train")
    if silver is None:
        return ranked.withColumns(dict.fromkeys(names, F.lit(0)))
    free = told.isNull()
    in_split = [
        F.count_if(free & (F.col("split") == name)).alias(f"_had_{name}") for name in ("test", "validation", "train")
    ]
    had = silver.groupBy("label").agg(F.count(F.lit(1)).alias("_had_all"), F.count_if(free).alias("_had"), *in_split)
    return ranked.join(had, "label", "left").fillna(0, list(names))


def _taken(whole: Column, had: Column, most: Column, share: float) -> Column:
    """How many of the new ones a split takes."""
    wanted = F.floor(whole * F.lit(share) + 0.5) - had
    return F.greatest(F.least(wanted, most), F.lit(0))
