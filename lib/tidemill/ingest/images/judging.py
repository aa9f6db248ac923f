"""Judge images: decode them, find duplicates, divide the good ones, and say why the others were refused."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.contract.images import Images
from tidemill.contract.sources import ImagesSource
from tidemill.contract.sources.images import IDX
from tidemill.ingest.images.batches import batches_of, fitting_rows
from tidemill.ingest.images.decoding import decoded
from tidemill.ingest.images.duplicates import same_as, with_same
from tidemill.ingest.images.splits import with_split
from tidemill.lake import Lake
from tidemill.quality import FAILURES_TYPE
from tidemill.quality.images import CLASS, DUPLICATE, failed_bits

PLACE = ("_source", "_position")
TOLD = ("image_id", "path", "label", "phash", "size", "sha256", "original_height", "original_width")


class JudgedImages(NamedTuple):
    """What becomes of images.

    Attributes:
        rows: one an image, as `ingest.staging.staged` has them, but with the image's columns: TOLD and split, height,
            width and channels in the place of the contract's.
        pixels: of every image that decodes; kept, so that none is decoded twice.
    """

    rows: DataFrame
    pixels: DataFrame


@contextmanager
def judged_images(
    lake: Lake, contract: Contract, records: DataFrame, silver: DataFrame | None, replaced: Sequence[str] = ()
) -> Iterator[JudgedImages]:
    """Judge images; within this block they are kept decoded, on disk where memory is short.

    Args:
        lake: where bronze is.
        contract: of images.
        records: bronze's rows.
        silver: the dataset's own table before; None where there is none, or it is made anew.
        replaced: sources whose earlier images give way.
    """
    images = contract.images
    assert images is not None  # noqa: S101 - the contract says so
    gives_way = F.col("_source").isin(*replaced)
    before = None if silver is None else silver.where(~gives_way)
    again = silver.where(gives_way).select("image_id", "split") if silver is not None and replaced else None
    with batches_of(lake.spark, fitting_rows(records, images)):
        pixels = decoded(records, images).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            kept = None if before is None else _kept(lake, contract, before)
            yield JudgedImages(_staged(pixels, kept, again, images), pixels)
        finally:
            pixels.unpersist()


def _kept(lake: Lake, contract: Contract, silver: DataFrame) -> DataFrame:
    """What must be known of silver's images: path, label, split, phash, sha256."""
    own = silver.select("path", "label", "split", "phash", F.col("image_id").alias("sha256"))
    if isinstance(contract.source, ImagesSource) and contract.source.labels != IDX:
        return own
    # There an image's id is of its place too.
    newest = F.max_by("sha256", "_ingested_at").alias("sha256")
    return own.drop("sha256").join(lake.read(f"bronze.{contract.name}").groupBy("path").agg(newest), "path")


def _staged(pixels: DataFrame, kept: DataFrame | None, again: DataFrame | None, images: Images) -> DataFrame:
    good = (F.size("_faults") == 0).alias("_good")
    rows = pixels.select(*TOLD, "height", "width", "channels", "_faults", *PLACE, good)
    if images.duplicates == "none":
        rows = rows.withColumn("_instead", F.lit(None).cast("string"))
    else:
        rows, same_kept = with_same(rows, kept, images)
        rows = same_as(rows, same_kept).drop("_same")
    accepted = F.col("_good") & F.col("_instead").isNull()
    divided = with_split(rows.where(accepted), kept, images.splits, again)
    others = rows.where(~accepted).withColumns({"split": F.lit(None).cast("string"), "_of_class": F.lit(2)})
    return _explained(divided.unionByName(others))


def _explained(rows: DataFrame) -> DataFrame:
    """Rows with _faults, _instead and _of_class as `settle` takes them."""
    duplicate = F.struct(
        F.lit(DUPLICATE).alias("check"),
        F.lit(None).cast("string").alias("column"),
        F.col("_instead").alias("value"),
        F.concat(F.lit("expected no other such image; the one that stays is "), "_instead").alias("message"),
    )
    given = F.when(F.col("_instead").isNotNull(), F.array(duplicate)).otherwise(F.array().cast(FAILURES_TYPE))
    rows = rows.withColumn("_failures", F.concat("_faults", given))
    refused = F.size("_failures") > 0
    warnings = F.when(F.col("_of_class") == 1, F.array(F.lit(CLASS))).otherwise(F.array().cast("array<string>"))
    checks = F.concat(F.transform("_failures", lambda failure: failure["check"]), "_warnings")
    record = F.to_json(F.struct("path", "size", "sha256", "label"))
    return (
        rows.withColumns({"_refused": refused, "_warnings": warnings})
        .withColumns(
            {
                "_failed": failed_bits(checks),
                "_cleansed": F.array().cast("array<bigint>"),
                "_record": F.when(refused, record),
                "_status": F.when(refused, "quarantined").otherwise("accepted"),
            }
        )
        .drop("_faults", "_instead", "_of_class", "_good")
    )
