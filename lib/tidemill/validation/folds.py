"""Which fold each training row belongs to: plain, stratified, repeated, grouped or ordered by time.

A row's place is its rank by the hash of its key. It does not depend on the order or the partitioning of the rows, and
each class is spread to within one row.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidemill.validation.splits import key_hash, stratum_of

FOLD = "fold"


def assign_folds(
    rows: DataFrame, key: Sequence[str], folds: int, seed: int, strata: str | None = None, repeat: int = 0
) -> DataFrame:
    """Deal each class's rows to the folds in turn, in the order of their hashes.

    Args:
        rows: one row a key.
        key: columns that tell rows apart.
        folds: how many, at least 2.
        seed: another seed makes other folds.
        strata: the column of classes; without it all rows are one class.
        repeat: the number of a repetition, from 0; each makes other folds.

    Returns:
        The rows and `fold` int, from 0.
    """
    order = Window.partitionBy(stratum_of(strata)).orderBy(_fold_hash(key, seed, repeat), *key)
    return rows.withColumn(FOLD, (F.row_number().over(order) - 1) % folds)


def assign_grouped_folds(
    rows: DataFrame, groups: Sequence[str], folds: int, seed: int, strata: str | None = None, repeat: int = 0
) -> DataFrame:
    """Keep the rows of a group together: no group is in two folds.

    The groups are dealt from the largest to the smallest, forwards and then backwards, so that the folds are of like
    size unless a few groups hold most rows. With `strata`, groups are dealt class by class; a group with rows of
    several classes counts as one of the greatest.

    Args:
        rows: any rows.
        groups: columns that tell groups apart, such as a customer's of many orders; null is a group too.
        folds: how many, at least 2.
        seed: decides between groups of equal size.
        strata: the column of classes.
        repeat: the number of a repetition, from 0.

    Returns:
        The rows and `fold` int, from 0.
    """
    size = F.count(F.lit(1)).alias("_size")
    sizes = rows.groupBy(*groups).agg(size, F.max(stratum_of(strata)).alias("_class"))
    order = Window.partitionBy("_class").orderBy(F.desc("_size"), _fold_hash(groups, seed, repeat), *groups)
    place = F.row_number().over(order) - 1
    # 0 1 2 2 1 0 0 1 2: what is dealt to a fold early comes to it late in the next round.
    forwards, backwards = place % folds, folds - 1 - place % folds
    dealt = F.when(F.floor(place / folds) % 2 == 0, forwards).otherwise(backwards).cast("int")
    named = sizes.select(*(F.col(name).alias(f"_of_{name}") for name in groups), dealt.alias(FOLD))
    same = [F.col(name).eqNullSafe(F.col(f"_of_{name}")) for name in groups]
    return rows.join(named, same).drop(*(f"_of_{name}" for name in groups))


def assign_time_folds(rows: DataFrame, time: str, folds: int) -> DataFrame:
    """Cut the rows by time into blocks of like size, for a validation that learns from the past alone.

    Block 0 is learnt from and never scored; fold f is block f + 1 and is scored by a model of all earlier blocks
    (`CrossValidator.forward`). Rows of one moment are never parted.

    Args:
        rows: any rows; those without a time are left out.
        time: the column that orders them.
        folds: how many are scored, at least 1.

    Returns:
        The rows and `fold` int: -1 for block 0, else from 0 in the order of time.
    """
    moments = rows.where(F.col(time).isNotNull()).groupBy(F.col(time).alias("_time")).agg(F.count("*").alias("_rows"))
    # One row a moment goes through one task, which spills to disk where memory does not hold them.
    before = Window.orderBy("_time").rowsBetween(Window.unboundedPreceding, -1)
    everywhere = Window.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    earlier = F.coalesce(F.sum("_rows").over(before), F.lit(0))
    block = F.floor(earlier * (folds + 1) / F.sum("_rows").over(everywhere)).cast("int")
    blocks = moments.select("_time", (block - 1).alias(FOLD))
    return rows.join(blocks, F.col(time) == F.col("_time")).drop("_time")


def _fold_hash(key: Sequence[str], seed: int, repeat: int) -> Column:
    return key_hash(key, seed, "fold" if repeat == 0 else f"fold {repeat}")
