"""The history of each key (a slowly changing dimension of type 2): every version, and from when to when it was valid.

A key's history follows from the set of its versions alone, in whatever order they came: each is valid from its own time
to the next one's, and the newest is current. A late version is put in its place by giving the one before it a new end.
"""

from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidemill.contract import Contract

VALIDITY = ("_valid_from", "_valid_to", "_is_current")


def first_history(accepted: DataFrame, contract: Contract) -> DataFrame:
    """The history of rows that are the first of their keys.

    Args:
        accepted: silver's columns without those of validity; no two rows of one key have the same time.
        contract: with one column in `order_by`, a date or timestamp: the time from which a version is valid.

    Returns:
        The same rows with _valid_from timestamp, _valid_to timestamp (null: still valid) and _is_current boolean.
    """
    return _dated(accepted, contract)


def history(silver: DataFrame, accepted: DataFrame, gone: DataFrame | None, contract: Contract) -> DataFrame:
    """What changes in silver when versions come and go.

    Args:
        silver: the table before, with the columns of validity.
        accepted: versions that come; one with the key and time of a version in silver takes its place.
        gone: key and time of versions that go; None for none.
        contract: see `first_history`.

    Returns:
        Silver's columns and _gone boolean: versions that come, versions whose end changes, and (by key and time alone)
        versions that go. No other version of silver is among them.
    """
    identity = list(contract.identity)
    touched = accepted.select(*contract.key)
    if gone is not None:
        touched = touched.union(gone.select(*contract.key))
    kept = silver.join(touched.distinct(), list(contract.key), "left_semi").join(
        accepted.select(*identity), identity, "left_anti"
    )
    if gone is not None:
        kept = kept.join(gone.select(*identity), identity, "left_anti")
    before = F.struct("_valid_to", "_is_current").alias("_before")
    old = kept.select(*[F.col(f"`{name}`") for name in kept.columns if name not in VALIDITY], before)
    dated = _dated(old.unionByName(accepted, allowMissingColumns=True), contract)
    changed = dated.where(F.col("_before").isNull() | ~_same_end()).drop("_before").withColumn("_gone", F.lit(False))
    if gone is None:
        return changed
    deleted = gone.select(*identity).withColumn("_gone", F.lit(True))
    return changed.unionByName(deleted, allowMissingColumns=True)


def _dated(versions: DataFrame, contract: Contract) -> DataFrame:
    (time,) = contract.order_by
    following = F.lead(time).over(Window.partitionBy(*contract.key).orderBy(time))
    return versions.withColumns(
        {
            "_valid_from": F.col(f"`{time}`").cast("timestamp"),
            "_valid_to": following.cast("timestamp"),
            "_is_current": following.isNull(),
        }
    )


def _same_end() -> Column:
    same = [F.col(name).eqNullSafe(F.col(f"_before.{name}")) for name in ("_valid_to", "_is_current")]
    return reduce(lambda left, right: left & right, same)
