"""Which rows are held out: decided by a hash of the key alone.

A row's place is its rank by hash within its class. It does not depend on the order or the partitioning of the rows,
and each class is spread to within one row.
"""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidemill.errors import RunFailed

TRAIN = "train"
HOLDOUT = "holdout"
# The class of every row where there are no classes.
EVERY_ROW = "all"


class TooFewRows(RunFailed):
    """A class has too few rows to be split."""

    def __init__(self, table: str, stratum: str, rows: int, needed: int) -> None:
        of = "" if stratum == EVERY_ROW else f" with the label {stratum}"
        super().__init__(
            f"{table} has {rows} training rows{of}, but at least {needed} are needed, one for each fold. "
            "Load more rows, or lower folds or holdout in the model's file in conf/models/."
        )


def assign_holdout(
    rows: DataFrame, key: Sequence[str], share: float, seed: int, strata: str | None = None
) -> DataFrame:
    """Hold out a share of each class: the rows whose hash is lowest.

    Args:
        rows: one row a key.
        key: columns that tell rows apart.
        share: of each class, rounded to whole rows, between 0 and 1.
        seed: another seed holds out other rows.
        strata: the column of classes; without it all rows are one class.

    Returns:
        The rows and `split` string: holdout or train.
    """
    classes = Window.partitionBy(stratum_of(strata))
    rank = F.row_number().over(classes.orderBy(key_hash(key, seed), *key))
    held_out = rank <= F.round(share * F.count(F.lit(1)).over(classes))
    return rows.withColumn("split", F.when(held_out, HOLDOUT).otherwise(TRAIN))


def holdout_cuts(rows: DataFrame, key: Sequence[str], seed: int, strata: str | None = None) -> dict[str, int]:
    """For each class the highest hash that is held out: all that is needed to tell later which rows were.

    Args:
        rows: the result of `assign_holdout` with the same key, seed and strata.
        key: columns that tell rows apart.
        seed: as above.
        strata: as above.

    Returns:
        The hash by the class's text; a class with no row held out is left out.
    """
    held_out = rows.where(F.col("split") == HOLDOUT)
    cuts = held_out.groupBy(stratum_of(strata).alias("stratum")).agg(F.max(key_hash(key, seed)).alias("cut"))
    return {row["stratum"]: row["cut"] for row in cuts.toLocalIterator()}  # one row a class


def split_by_cuts(cuts: Mapping[str, int], key: Sequence[str], seed: int, strata: str | None = None) -> Column:
    """The split of a row by the recorded cuts, whatever rows came or went since.

    Returns:
        string: holdout, train, or null for a row of a class that was not seen in training.
    """
    stratum, place = stratum_of(strata), key_hash(key, seed)
    split = F.lit(None).cast("string")
    for name, cut in cuts.items():
        split = F.when(stratum == name, F.when(place <= cut, HOLDOUT).otherwise(TRAIN)).otherwise(split)
    return split


def stratum_of(strata: str | None) -> Column:
    """The text of a row's class."""
    return F.col(strata).cast("string") if strata else F.lit(EVERY_ROW)


def key_hash(key: Sequence[str], seed: int, purpose: str = "holdout") -> Column:
    """A row's place among others (64 bits); the purpose keeps the order of the folds apart from the hold-out's."""
    return F.xxhash64(F.lit(f"{seed}:{purpose}"), *key)
