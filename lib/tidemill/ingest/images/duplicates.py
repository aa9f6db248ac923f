"""Of images that are the same the first by path stays; the others are told which one that is."""

from collections.abc import Mapping

import numpy as np
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from tidemill.contract.images import Images
from tidemill.ingest.images.alike import first_alike


def same_as(rows: DataFrame, kept: DataFrame | None) -> DataFrame:
    """Tell for each image which other one stays in its place.

    Args:
        rows: path, _source, _position, _same string (what is equal of images that are the same) and _good boolean:
            whether nothing else is wrong with it; others neither stay nor give way.
        kept: path and _same of the images that silver has and that stay; None for none.

    Returns:
        The rows and _instead string: the path of the image that stays; null where it is the row's own, or the row is
        not good.
    """
    # Each of the others is put in a partition of its own instead of one that all of them share.
    alone = F.when(~F.col("_good"), F.xxhash64("_source", "_position"))
    by_same = Window.partitionBy("_same", alone).orderBy("path", "_position")
    place, first = F.row_number().over(by_same), F.first("path").over(by_same)
    own = F.when(F.col("_good") & (F.col("_place") > 1), F.col("_first"))
    marked = rows.withColumns({"_place": place, "_first": first})
    if kept is None:
        return marked.withColumn("_instead", own).drop("_place", "_first")
    before = kept.groupBy("_same").agg(F.min("path").alias("_before"))
    joined = marked.join(before, "_same", "left")
    return joined.withColumn("_instead", F.when(F.col("_good"), F.coalesce("_before", own))).drop(
        "_place", "_first", "_before"
    )


def with_same(rows: DataFrame, kept: DataFrame | None, images: Images) -> tuple[DataFrame, DataFrame | None]:
    """What is equal of images that are the same, as _same string, for rows and for silver's.

    Where perceptual hashes may differ in some bits, the different hashes of a dataset, and the first path of each, are
    collected to the driver: about 100 bytes each.

    Args:
        rows: path, sha256, phash, _good boolean.
        kept: the same but _good, of silver; None for none.
        images: the contract's section; its duplicates are not `none`.

    Raises:
        TooMuchAlike: the distance is too large for these images.
    """
    if images.duplicates == "exact" or not images.distance:
        same = F.col("sha256" if images.duplicates == "exact" else "phash")
        return rows.withColumn("_same", same), None if kept is None else kept.withColumn("_same", same)
    before = [] if kept is None else _in_order(kept)
    winners = _winners(_in_order(rows.where("_good")), before, images.distance)
    spark = rows.sparkSession
    return _replaced(spark, rows, winners), None if kept is None else _replaced(spark, kept, winners)


def _in_order(rows: DataFrame) -> list[str]:
    """The different hashes, each in the place of its first path."""
    hashes = rows.groupBy("phash").agg(F.min("path").alias("path"))
    return [row["phash"] for row in hashes.orderBy("path", "phash").select("phash").toLocalIterator()]


def _winners(delivered: list[str], before: list[str], distance: int) -> dict[str, str]:
    """The hashes that give way, each with the one that stays."""
    hashes = list(dict.fromkeys([*before, *delivered]))
    words = np.array([int(each, 16) for each in hashes], np.uint64)
    places = first_alike(words, distance, kept=len(before))
    return {hashes[place]: hashes[winner] for place, winner in enumerate(places.tolist()) if place != winner}


def _replaced(spark: SparkSession, rows: DataFrame, winners: Mapping[str, str]) -> DataFrame:
    told = spark.createDataFrame(list(winners.items()), "phash string, _winner string")
    joined = rows.join(F.broadcast(told), "phash", "left")
    return joined.withColumn("_same", F.coalesce("_winner", "phash")).drop("_winner")
