"""Write a micro-batch to its tables at once, each in a commit that says which batch it is of."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

from pyspark import inheritable_thread_target
from pyspark.sql import DataFrame

from tidemill.lake import Lake
from tidemill.lake.tables import Commit

# Delta reads the log from its last checkpoint on; writing one costs more than a batch, so that they are
# rare here. What follows silver runs beside this; older commits, some ten thousands a day, are of no use to it.
PROPERTIES = {"delta.checkpointInterval": "1000", "delta.logRetentionDuration": "interval 2 days"}
# Between two commits of a batch maintenance and other writers may have made as many.
LOOKED_BACK = 200


class BatchTables:
    """The tables of one stream.

    Args:
        lake: where they are.
        store: the name of the store that batches are numbered in.
        statistics: table name -> the columns that its files are skipped by; of one left out, the first ones.
    """

    def __init__(self, lake: Lake, store: str, statistics: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
        self._lake, self._store, self._statistics = lake, store, statistics
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="tables")

    def close(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown()

    def write(
        self,
        batch: int,
        run_id: str,
        told: str,
        tables: Mapping[str, DataFrame],
        beside: Sequence[Callable[[], None]] = (),
    ) -> None:
        """Write rows to tables, side by side, and return when all are committed.

        Args:
            batch: the micro-batch's number.
            run_id: the run that it belongs to.
            told: JSON to go with each commit.
            tables: by name, the rows.
            beside: what else is to be written.
        """
        metadata = json.dumps({"store": self._store, "batch": batch, "run_id": run_id, "figures": json.loads(told)})
        commits = [
            self._pool.submit(inheritable_thread_target(self._append), name, rows, metadata)
            for name, rows in tables.items()
        ]
        commits += [self._pool.submit(each) for each in beside]
        errors = [error for commit in commits if (error := commit.exception())]
        if errors:
            raise errors[0]

    def _append(self, name: str, rows: DataFrame, metadata: str) -> None:
        looked_at = self._statistics.get(name, ())
        self._lake.append(name, rows, None, statistics=looked_at, metadata=metadata, properties=PROPERTIES)

    def commits(self, name: str) -> list[dict[str, Any]]:
        """What the newest commits of this store say of themselves, newest first; each with the table's `version`."""
        return [told for told in self.told(name) if told["store"] == self._store]

    def told(self, name: str) -> list[dict[str, Any]]:
        """The same of any store's batches: a run may have begun under a checkpoint that is gone."""
        found = []
        for commit in self._lake.commits(name, LOOKED_BACK):
            if told := told_by(commit):
                found.append({**told, "version": commit.version})
        return found

    def having(self, batch: int, names: Sequence[str]) -> dict[str, int]:
        """Those of the tables that have a batch already, with the version that brought it."""
        return {name: told["version"] for name in names for told in self.commits(name) if int(told["batch"]) == batch}


def told_by(commit: Commit) -> dict[str, Any]:
    """What a commit of a stream's batch says of itself; nothing of another commit."""
    try:
        told = json.loads(commit.metadata or "null")
    except ValueError:
        return {}
    return told if isinstance(told, dict) and {"store", "batch"} <= told.keys() else {}
