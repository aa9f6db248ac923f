"""Commits that can be repeated: each carries its run's mark, and Delta skips one whose mark the table has seen."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark.sql import SparkSession

from tidemill.lake.places import local_folder
from tidemill.session import with_settings

APP_ID = "spark.databricks.delta.write.txnAppId"
VERSION = "spark.databricks.delta.write.txnVersion"
METADATA = "spark.databricks.delta.commitInfo.userMetadata"
# What every table of the lake has: readers without a JVM cannot read deletion vectors.
PROPERTIES = {"delta.enableDeletionVectors": "false"}


@dataclass(frozen=True)
class Mark:
    """What makes a commit recognisable.

    Attributes:
        run_id: the run that commits.
        store: the progress store whose sequence numbers these are. It is new when the store is, so that a table which
            outlives its store does not take the new store's first runs for old ones.
        sequence: the run's number in that store, rising.
    """

    run_id: str
    store: str
    sequence: int

    def app_id(self, table: str) -> str:
        """The name under which Delta keeps the newest sequence number of this store in a table."""
        return f"{table}:{self.store}"

    @property
    def metadata(self) -> str:
        """The text that a commit of this run carries, one for all its tables."""
        return json.dumps({"run_id": self.run_id, "store": self.store, "sequence": self.sequence})


@contextmanager
def marked(spark: SparkSession, table: str, mark: Mark | None) -> Iterator[None]:
    """Within this block every Delta commit carries the mark, where there is one, and a mark seen before is skipped."""
    if mark is None:
        yield
        return
    with with_settings(spark, {APP_ID: mark.app_id(table), VERSION: mark.sequence, METADATA: mark.metadata}):
        yield


@contextmanager
def one_at_a_time(root: str, table: str) -> Iterator[None]:
    """Let the processes of one machine commit to a table in turn.

    A local file system, unlike the stores that a cluster uses, cannot refuse a file that another process wrote a moment
    before, which is how Delta finds out that two commit at once. The lock ends with its process, however that ends.
    """
    folder = local_folder(root)
    if folder is None:
        yield
        return
    locks = folder / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / table).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
