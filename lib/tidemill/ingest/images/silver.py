"""Write images to silver: each file of one split, its images in the order of their hashes, in small row groups."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.contract.images import Images
from tidemill.ingest.images.judging import PLACE, JudgedImages
from tidemill.lake import Lake, Mark

FILE_BYTES = 128 << 20
IMAGES_A_GROUP = 256
# What the other columns of a row take in memory while a group is filled.
OTHERS_BYTES = 400
COLUMNS = (
    *("image_id", "path", "label", "split", "pixels", "height", "width", "channels"),
    *("original_height", "original_width", "phash", "_warnings", "_source"),
)
STATISTICS = ("split", "_source", "_run_id")


def write_images(
    lake: Lake,
    contract: Contract,
    mark: Mark,
    judged: JudgedImages,
    staged: DataFrame,
    replaced: Sequence[str] | None = (),
) -> None:
    """Bring the accepted images into silver, in one commit.

    Args:
        lake: where silver is.
        contract: of images.
        mark: the run's.
        judged: from `judged_images`.
        staged: its rows, as settled.
        replaced: sources whose earlier images give way; None where all do.
    """
    images, silver = contract.images, f"silver.{contract.name}"
    assert images is not None  # noqa: S101 - the contract says so
    rows = silver_rows(judged.pixels, staged, images, mark.run_id)
    group_bytes = IMAGES_A_GROUP * (images.bytes_an_image + OTHERS_BYTES)
    with lake.row_groups(group_bytes):
        if replaced is None:
            lake.replace(silver, rows, mark)
        else:
            lake.append(silver, rows, mark, replaced, statistics=STATISTICS)


def silver_rows(pixels: DataFrame, staged: DataFrame, images: Images, run_id: str) -> DataFrame:
    """The accepted images as silver has them, a partition for each file to be written."""
    accepted = staged.where("_status = 'accepted'")
    # A row a split.
    counts = {row["split"]: row["count"] for row in accepted.groupBy("split").count().collect()}
    most = max(IMAGES_A_GROUP, FILE_BYTES // images.bytes_an_image)
    told = accepted.select("split", "_warnings", *PLACE)
    joined = told.join(pixels.drop("_faults"), list(PLACE))
    rows = joined.select(*COLUMNS, F.lit(run_id).alias("_run_id"), F.current_timestamp().alias("_loaded_at"))
    parts = [
        rows.where(F.col("split") == split)
        .repartitionByRange(-(-count // most), "image_id", "path")
        .sortWithinPartitions("image_id", "path")
        for split, count in sorted(counts.items())
    ]
    return reduce(DataFrame.union, parts) if parts else rows.coalesce(1)
