"""What becomes of each checked row: accepted, quarantined, or set aside for another row of its key."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidemill.contract import Contract

# Between rows of a key that are equally new the later one wins.
TIES = ("_source", "_position")
STATUSES = ("accepted", "quarantined", "duplicate", "unchanged", "stale")


def staged(
    checked: DataFrame,
    contract: Contract,
    silver: DataFrame | None,
    replaced: Sequence[str] = (),
    ties: Sequence[str] = TIES,
) -> DataFrame:
    """Decide what becomes of each row of a delivery.

    Args:
        checked: from `quality.checked`.
        contract: the rows' contract.
        silver: the table before this run; None where there is none, or where the contract appends.
        replaced: sources (`_source`) that this delivery brings anew; their earlier rows give way.
        ties: the columns that decide between rows of a key that are equally new.

    Returns:
        The same rows with _status string, one of STATUSES.
    """
    if contract.stream:
        return _readings(checked, contract, silver, ties)
    if not contract.key:
        status = F.when(F.col("_refused"), "quarantined")
        if contract.drop_duplicates:
            status = status.when(F.col("_is_duplicate"), "duplicate")
        return checked.withColumn("_status", status.otherwise("accepted"))
    # In a history rows of one key and different times are different versions.
    order_by = () if contract.write == "scd2" else contract.order_by
    marked = mark_duplicates(checked, contract.identity, order_by, ties)
    if silver is None or contract.write == "replace":
        own = F.when(F.col("_refused"), "quarantined").when(F.col("_is_duplicate"), "duplicate").otherwise("accepted")
        return marked.withColumn("_status", own).drop("_is_duplicate")
    return _against_table(marked, contract, silver, replaced)


def mark_duplicates(
    checked: DataFrame, key: Sequence[str], order_by: Sequence[str], ties: Sequence[str] = TIES
) -> DataFrame:
    """Mark all but the newest passing row of each key.

    Args:
        checked: rows with `_refused`, `_source` and `_position`; refused rows are never marked.
        key: the columns that say which rows are the same.
        order_by: the newest row has the greatest values; null is oldest.
        ties: among equally new rows the newest has the greatest values of these.

    Returns:
        The same rows with _is_duplicate boolean.
    """
    # Refused rows may lack their key: each is put in a partition of its own instead of one that all of them share.
    alone = F.when(F.col("_refused"), F.xxhash64("_source", "_position"))
    newest_first = [F.desc_nulls_last(column) for column in (*order_by, *ties)]
    place = F.row_number().over(Window.partitionBy(*key, alone).orderBy(*newest_first))
    return checked.withColumn("_is_duplicate", (place > 1) & ~F.col("_refused"))


def _readings(checked: DataFrame, contract: Contract, silver: DataFrame | None, ties: Sequence[str]) -> DataFrame:
    """As a stream decides (`streams.readings.deciding`): of the readings that are the same the first one is kept."""
    assert contract.stream is not None and contract.event_time is not None  # noqa: S101
    same = [*contract.stream.identity_but_time, contract.event_time]
    alone = F.when(F.col("_refused"), F.xxhash64("_source", "_position"))
    place = F.row_number().over(Window.partitionBy(*same, alone).orderBy(*ties))
    marked, known = checked.withColumn("_place", place), F.lit(False)
    if silver is not None:
        marked = marked.join(silver.select(*same, F.lit(True).alias("_known")).distinct(), same, "left")
        known = F.coalesce(F.col("_known"), F.lit(False))
    status = F.when(F.col("_refused"), "quarantined").when(known | (F.col("_place") > 1), "duplicate")
    return marked.withColumn("_status", status.otherwise("accepted")).drop("_place", "_known")


def _against_table(marked: DataFrame, contract: Contract, silver: DataFrame, replaced: Sequence[str]) -> DataFrame:
    columns = list(contract.columns)
    # Silver may be older than a column of the contract.
    kept = [F.col(f"`{name}`") if name in silver.columns else F.lit(None).alias(name) for name in columns]
    table = silver.select(F.struct(*kept).alias("_kept"), F.col("_source").isin(*replaced).alias("_gives_way"))
    same_key = _all([F.col(f"`{name}`") == F.col(f"_kept.`{name}`") for name in contract.identity])
    compared = marked.join(table, same_key & ~F.col("_refused") & ~F.col("_is_duplicate"), "left")
    equal = _all([F.col(f"`{name}`").eqNullSafe(F.col(f"_kept.`{name}`")) for name in columns])
    older = (F.lit(False) if contract.write == "scd2" else _older(contract.order_by)) & ~F.col("_gives_way")
    status = (
        F.when(F.col("_refused"), "quarantined")
        .when(F.col("_is_duplicate"), "duplicate")
        .when(F.col("_kept").isNull(), "accepted")
        .when(equal, "unchanged")
        .when(older, "stale")
        .otherwise("accepted")
    )
    return compared.withColumn("_status", status).drop("_is_duplicate", "_kept", "_gives_way")


def _older(order_by: Sequence[str]) -> Column:
    """Whether a row is older than the kept one: compared column by column, null before everything."""
    result = F.lit(False)
    for name in reversed(order_by):
        given, kept = F.col(f"`{name}`"), F.col(f"_kept.`{name}`")
        less = F.coalesce(given < kept, given.isNull() & kept.isNotNull())
        result = less | (given.eqNullSafe(kept) & result)
    return result


def _all(conditions: Sequence[Column]) -> Column:
    return reduce(lambda left, right: left & right, conditions)


def gone_rows(silver: DataFrame, staged_rows: DataFrame, contract: Contract, replaced: Sequence[str]) -> DataFrame:
    """Identity (`Contract.identity`) of silver's rows that came from a source which, delivered anew, lacks them."""
    identity = list(contract.identity)
    delivered = staged_rows.where("not _refused").select(*identity)
    return silver.where(F.col("_source").isin(*replaced)).select(*identity).join(delivered, identity, "left_anti")
