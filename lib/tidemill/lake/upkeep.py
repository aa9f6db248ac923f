"""Small files of a stretch written again as few sorted ones, and what no longer counts removed."""

from collections.abc import Mapping, Sequence

from delta.tables import DeltaTable
from pyspark.sql import DataFrame

from tidemill.lake.batches import ROWS_PER_FILE, BatchMark
from tidemill.lake.commits import one_at_a_time
from tidemill.lake.tables import Lake
from tidemill.session import with_settings

PACKED_BYTES = 64 << 20


def sort_again(
    lake: Lake, name: str, where: str, sort_by: Sequence[str], mark: BatchMark | None = None, by: Sequence[str] = ()
) -> None:
    """Write the rows that fit a condition as few files, sorted, with their statistics; no row changes.

    Sorted, a sensor's rows lie in one or two files of a day, and these are found by their statistics. Streams and
    change feeds that read the table pass over the commit.

    Args:
        lake: has the table.
        name: of the table.
        where: of the columns that the table is partitioned by; of others Delta refuses it.
        sort_by: the columns, the first first.
        mark: that the commit carries on, where the table's commits have one.
        by: the columns that the table is partitioned by.
    """
    rows = lake.read(name).where(where)
    laid_out = rows.repartition(1).sortWithinPartitions(*by, *sort_by)
    writer = laid_out.write.format("delta").mode("overwrite").option("replaceWhere", where)
    writer = writer.option("dataChange", "false").option("maxRecordsPerFile", ROWS_PER_FILE)
    if mark is not None:
        writer = writer.option("userMetadata", mark.metadata)
    with with_settings(lake.spark, {"spark.databricks.delta.stats.collect": "true"}), one_at_a_time(lake.root, name):
        writer.save(lake.table(name))


def set_properties(lake: Lake, name: str, properties: Mapping[str, str]) -> None:
    """Give a table properties, in a commit only where it has others."""
    table = DeltaTable.forPath(lake.spark, lake.table(name))
    has = table.detail().select("properties").collect()[0]["properties"]  # one row
    differing = {key: value for key, value in properties.items() if has.get(key) != value}
    if differing:
        listed = ", ".join(f"'{key}' = '{value}'" for key, value in differing.items())
        with one_at_a_time(lake.root, name):
            lake.spark.sql(f"alter table delta.`{lake.table(name)}` set tblproperties ({listed})")


def remove_unused(lake: Lake, name: str) -> None:
    """Delete the files that no version of the table's retention (`delta.deletedFileRetentionDuration`) needs."""
    DeltaTable.forPath(lake.spark, lake.table(name)).vacuum()


def files_of(lake: Lake, name: str) -> DataFrame:
    """The files of a table's newest version, one row each: path, partitionValues, size (bytes), stats (JSON)."""
    files = lake._snapshot(name).allFiles().toDF()
    return DataFrame(files, lake.spark).select("path", "partitionValues", "size", "stats")


def bin_pack(lake: Lake, name: str) -> None:
    """Write small files as ones of about `PACKED_BYTES`, with statistics; files of that size are left alone."""
    sizes = {"minFileSize": PACKED_BYTES // 2, "maxFileSize": PACKED_BYTES}
    with with_settings(lake.spark, {f"spark.databricks.delta.optimize.{key}": value for key, value in sizes.items()}):
        lake.compact(name)
