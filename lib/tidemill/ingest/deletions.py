"""Rows that a source no longer has: found by its keys, kept in bronze as tombstones, taken out of silver.

A tombstone in bronze has the key's columns as text, the `_source` of the row that is gone, and `_deleted` true.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.contract.sources import JdbcSource
from tidemill.quality import checked, rules_of


def finds_deletions(contract: Contract) -> bool:
    """Whether rows that are gone from the source are to be found."""
    return isinstance(contract.source, JdbcSource) and contract.source.deletes == "find"


def with_tombstones(delivered: DataFrame, keys: DataFrame, silver: DataFrame | None, contract: Contract) -> DataFrame:
    """What bronze takes: the delivered records, and a tombstone for each key that silver has and the source has not.

    Args:
        delivered: the layout of `formats.delivered`.
        keys: the keys of all rows that the source has now, as delivered: strings under the contract's names.
        silver: before this run; None where there is none.
        contract: with a key.

    Returns:
        The delivered columns and _deleted boolean.
    """
    live = delivered.withColumn("_deleted", F.lit(False))
    if silver is None:
        return live
    gone = silver.select(*contract.key, "_source").join(_typed(keys, contract), list(contract.key), "left_anti")
    missing = F.lit(None).cast("string")
    key_text = F.to_json(F.array(*[F.col(name).cast("string") for name in contract.key]))
    dead = gone.select(
        *[
            (F.col(f"`{name}`").cast("string") if name in contract.key else missing).alias(name)
            for name in contract.columns
        ],
        *(missing.alias("_rescued"), missing.alias("_raw"), F.col("_source"), key_text.alias("_position")),
        F.lit(True).alias("_deleted"),
    )
    return live.unionByName(dead)


def parted(bronze: DataFrame, contract: Contract) -> tuple[DataFrame, DataFrame | None]:
    """Bronze's records, and the typed keys of its tombstones with their _order where they have one; None for none."""
    if "_deleted" not in bronze.columns:
        return bronze, None
    dead = F.coalesce(F.col("_deleted"), F.lit(False))
    keys = [F.expr(f"try_cast(`{name}` as {contract.columns[name].type})").alias(name) for name in contract.key]
    order = ["_order"] if "_order" in bronze.columns else []
    return bronze.where(~dead).drop("_deleted"), bronze.where(dead).select(*keys, *order)


def outlived(staged: DataFrame, tombstones: DataFrame, contract: Contract) -> DataFrame:
    """Staged rows with _order; those whose key a tombstone of the same run or a later one names are stale."""
    key = list(contract.key)
    last = tombstones.groupBy(*key).agg(F.max("_order").alias("_dead_since"))
    dead = (F.col("_status") == "accepted") & (F.coalesce(F.col("_dead_since"), F.lit(-1)) >= F.col("_order"))
    joined = staged.join(last, key, "left")
    return joined.withColumn("_status", F.when(dead, "stale").otherwise(F.col("_status"))).drop("_dead_since")


def _typed(keys: DataFrame, contract: Contract) -> DataFrame:
    """Keys as silver would have them."""
    missing = F.lit(None).cast("string")
    places = ("_rescued", "_raw", "_source", "_position")
    named = [F.col(f"`{name}`") if name in contract.key else missing.alias(name) for name in contract.columns]
    arrived = F.current_timestamp().alias("_ingested_at")
    records = keys.select(*named, *[missing.alias(place) for place in places], arrived)
    return checked(records, contract, rules_of(contract)[:1]).select(*contract.key)
