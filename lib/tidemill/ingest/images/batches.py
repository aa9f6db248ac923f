"""Batches of images that memory holds: Spark counts rows, and an image is a large one."""

from contextlib import AbstractContextManager

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.contract.images import Images
from tidemill.session import with_settings

# Rows that go to Python at once, that are read from a file at once, and that are kept as one block.
SETTINGS = (
    "spark.sql.execution.arrow.maxRecordsPerBatch",
    "spark.sql.parquet.columnarReaderBatchSize",
    "spark.sql.inMemoryColumnarStorage.batchSize",
)
BATCH_BYTES, MOST_BYTES = 16 << 20, 256 << 20
MOST_ROWS = 1000


def batches_of(spark: SparkSession, rows: int) -> AbstractContextManager[None]:
    """Within this block Spark's batches hold so many rows."""
    return with_settings(spark, dict.fromkeys(SETTINGS, rows))


def fitting_rows(records: DataFrame, images: Images) -> int:
    """How many of bronze's images a batch may have: some 16 MiB of them; their sizes are looked at."""
    found = records.agg(F.avg("size"), F.max("size")).first()  # one row
    mean, largest = (found[0] or 0, found[1] or 0) if found else (0, 0)
    return rows_a_batch(mean, min(largest, images.max_bytes), images.bytes_an_image)


def rows_a_batch(mean: float, largest: int, prepared: int) -> int:
    """How many images a batch may have.

    Args:
        mean: bytes of an image as delivered.
        largest: of them.
        prepared: bytes of an image's pixels in silver.
    """
    usual = BATCH_BYTES // max(1, round(mean), prepared)
    # Even if the largest ones lay side by side.
    return int(max(1, min(usual, MOST_BYTES // max(1, largest), MOST_ROWS)))
