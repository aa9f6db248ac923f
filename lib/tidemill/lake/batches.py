"""Commits of a stream's batches: each carries its batch's number as text, at no cost, and is known again by it.

Delta's own way to know a commit again (`txnAppId`) takes a quarter of a second a commit, and after a lost checkpoint
takes the first batches of a new one for old ones. Here the numbers belong to an epoch, and so does the checkpoint.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.lake.commits import PROPERTIES, one_at_a_time
from tidemill.lake.tables import Lake

ROWS_PER_FILE = 500_000
# A commit of somebody else's may lie above; further back the whole history is looked through.
USUALLY_WITHIN = 20


@dataclass(frozen=True)
class BatchMark:
    """What a stream's commit carries.

    Attributes:
        epoch: under which the batches are numbered; a new one begins with a new checkpoint.
        batch: the number; -1 of a table as the epoch found or made it.
        about: whatever must be known again.
    """

    epoch: str
    batch: int
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def metadata(self) -> str:
        """The text that the commit carries."""
        return json.dumps(asdict(self))


def newest_mark(lake: Lake, name: str) -> BatchMark | None:
    """The mark of the newest commit that has one; None where there is no table, none has, or it was set back since."""
    if not lake.exists(name):
        return None
    table = DeltaTable.forPath(lake.spark, lake.table(name))
    for history in (table.history(USUALLY_WITHIN), table.history()):
        marked = F.get_json_object("userMetadata", "$.epoch").isNotNull()
        # A table that was set back no longer has what its marks say.
        told = history.where(marked | (F.col("operation") == "RESTORE"))
        newest = F.max_by(F.struct(F.when(marked, F.col("userMetadata")).alias("mark")), "version").alias("newest")
        found = told.agg(newest).collect()[0]["newest"]  # one row
        if found is not None:
            return BatchMark(**json.loads(found["mark"])) if found["mark"] else None
    return None


def make(
    lake: Lake,
    name: str,
    rows: DataFrame,
    mark: BatchMark,
    partition_by: Sequence[str],
    properties: Mapping[str, str],
) -> None:
    """Make these rows the table's only ones, with these properties, in one commit."""
    writer = rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    writer = writer.options(**PROPERTIES, **properties).option("userMetadata", mark.metadata)
    writer = writer.option("maxRecordsPerFile", ROWS_PER_FILE)
    with one_at_a_time(lake.root, name):
        writer.partitionBy(*partition_by).save(lake.table(name))


def exchange(lake: Lake, name: str, rows: DataFrame, where: str, mark: BatchMark) -> None:
    """Put these rows, all of which fit the condition, in the place of those that do, in one commit.

    Files without such a row stay; one that has some is written again with the others.
    """
    writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", where)
    with one_at_a_time(lake.root, name):
        writer.option("userMetadata", mark.metadata).save(lake.table(name))


def pass_over(lake: Lake, name: str, mark: BatchMark) -> None:
    """Commit a batch that has nothing for the table, so that it counts as done."""
    nothing = lake.read(name).limit(0).write.format("delta").mode("append")
    with one_at_a_time(lake.root, name):
        nothing.option("userMetadata", mark.metadata).save(lake.table(name))
