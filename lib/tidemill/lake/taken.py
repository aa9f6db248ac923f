"""ops.files_taken: the files that each dataset's runs have taken, one narrow row a file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from pyspark.sql import functions as F

from tidemill.lake.commits import Mark
from tidemill.lake.tables import Lake

TABLE = "ops.files_taken"
SCHEMA = (
    "dataset string, uri string, size bigint, modified_at timestamp, sources array<string>, run_id string, "
    "sequence bigint, at timestamp"
)
# A run adds a file or so to the table; this many are then made one, so that reading it stays a matter of its rows.
COMPACTED_EVERY = 50


class Taken(NamedTuple):
    """A file as it was taken: bytes, time of modification (UTC), sources (`_source`: several for an archive)."""

    size: int
    modified_at: datetime
    sources: Sequence[str]


class TakenFiles:
    """What the runs of one dataset have taken.

    Args:
        lake: whose table it is.
        dataset: whose files.
        apart_from: the id of a run that has not ended: what it took counts as not taken.
    """

    def __init__(self, lake: Lake, dataset: str, apart_from: str | None = None) -> None:
        self._lake = lake
        self._dataset = dataset
        self.apart_from = apart_from

    def newest(self, uris: Iterable[str]) -> dict[str, Taken]:
        """Those of the files that were taken, as they were last.

        The record is read once, a few columns of it; the answer has no more entries than files are asked for.
        """
        asked = [(uri,) for uri in uris]
        if not asked or not self._lake.exists(TABLE):
            return {}
        record = self._lake.read(TABLE).where(F.col("dataset") == self._dataset)
        if self.apart_from:
            record = record.where(F.col("run_id") != self.apart_from)
        listed = self._lake.spark.createDataFrame(asked, "uri string")
        found = record.join(F.broadcast(listed), "uri", "left_semi")
        last = found.groupBy("uri").agg(
            F.max_by(F.struct("size", F.unix_micros("modified_at"), "sources"), "at").alias("last")
        )
        rows = last.select("uri", "last.*").toLocalIterator()
        return {uri: Taken(size, _moment(micros), sources) for uri, size, micros, sources in rows}

    def record(self, files: Mapping[str, Taken], mark: Mark) -> None:
        """Remember files, by their URIs, as taken by a run."""
        at = datetime.now(UTC)
        rows = [(self._dataset, uri, *file, mark.run_id, mark.sequence, at) for uri, file in files.items()]
        # The table is every dataset's, whose runs are numbered apart.
        own = Mark(mark.run_id, f"{self._dataset}:{mark.store}", mark.sequence)
        self._lake.record(TABLE, rows, SCHEMA, own, partition_by=("dataset",))
        if mark.sequence % COMPACTED_EVERY == 0:
            self._lake.compact(TABLE, f"dataset = '{self._dataset}'")


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
