"""A stream's checkpoint: Spark's own, the name of the store that its batches count in, and the state after each."""

import json
from typing import Any
from uuid import uuid4

from pyspark.sql import SparkSession

from tidemill.errors import RequestWrong, RunFailed
from tidemill.streams.readings.files import Files, LocalFiles, StoreFiles
from tidemill.streams.readings.state import ReadingState

FORMAT = 1
# A batch that was begun before a kill is repeated from the state before it; one more in case that file is broken.
STATES_KEPT = 3


class CheckpointGone(RequestWrong):
    """The tables know of a stream whose checkpoint is not there."""

    def __init__(self, dataset: str, folder: str) -> None:
        super().__init__(
            f"{dataset}: silver.{dataset} was written by a stream whose checkpoint is not at {folder}. Put it back, or "
            f"read the source again from its beginning: stream.py --dataset {dataset} --restart. What silver has is "
            "not taken twice then; bronze gets a second copy."
        )


class OtherCheckpoint(RunFailed):
    """A checkpoint that another version of tidemill wrote, or that is not this dataset's."""

    def __init__(self, folder: str, what: str) -> None:
        super().__init__(
            f"the checkpoint at {folder} {what}. Go on with what wrote it, or begin a new one: stream.py --restart."
        )


class Checkpoint:
    """The checkpoint of a dataset's readings.

    Args:
        spark: the session, whose Hadoop opens the folder.
        folder: a path or URI for this dataset alone.
    """

    def __init__(self, spark: SparkSession, folder: str) -> None:
        self.folder = folder
        self._files: Files = LocalFiles() if "://" not in folder else StoreFiles(spark, folder)

    @property
    def _store(self) -> str:
        return f"{self.folder}/store.json"

    @property
    def queries(self) -> str:
        """Where Spark keeps the query's offsets and commits."""
        return f"{self.folder}/query"

    @property
    def plan(self) -> str:
        """Where a stream that plans its own batches remembers the one under way."""
        return f"{self.folder}/plan.json"

    def planned(self) -> bytes | None:
        """The plan, if there is one."""
        return self._files.read(self.plan) if self._files.exists(self.plan) else None

    def keep_plan(self, plan: bytes) -> None:
        """Remember another plan."""
        self._files.write(self.plan, plan)

    def taken(self) -> str | None:
        """Up to where Spark's query has taken its source, as that writes it; None before a batch has ended."""
        ended = [int(name) for name in self._files.names(f"{self.queries}/commits") if name.isdigit()]
        if not ended:
            return None
        return self._files.read(f"{self.queries}/offsets/{max(ended)}").decode().splitlines()[-1]

    def store(self, dataset: str, known: bool) -> str:
        """The name of the store that the batches are numbered in; made with a new checkpoint.

        Args:
            dataset: whose checkpoint it is.
            known: whether the tables know of a stream of this dataset.

        Raises:
            CheckpointGone: they do, and there is none.
            OtherCheckpoint: it is another dataset's, or of another version.
        """
        name = self._store
        if not self._files.exists(name):
            if known or self._files.exists(self.queries) or self._files.exists(self.plan):
                raise CheckpointGone(dataset, self.folder)
            self.begin(dataset)
        told = self._told()
        if told.get("format") != FORMAT:
            raise OtherCheckpoint(self.folder, f"has format {told.get('format')}, and this version reads {FORMAT}")
        if told["dataset"] != dataset:
            raise OtherCheckpoint(self.folder, f"is of {told['dataset']}, not of {dataset}")
        return str(told["store"])

    def begin(self, dataset: str, again: bool = False) -> None:
        """Make a new checkpoint in the place of whatever is there.

        Args:
            dataset: whose.
            again: whether the source is to be read from its beginning, wherever the contract has a first run begin.
        """
        self._files.delete(self.folder)
        told = {"format": FORMAT, "dataset": dataset, "store": uuid4().hex, "again": again}
        self._files.write(self._store, json.dumps(told).encode())

    @property
    def again(self) -> bool:
        """Whether it was begun to read the source from its beginning; earlier versions did not tell it."""
        return bool(self._told().get("again"))

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._files.read(self._store))
        return told

    def before(self, batch: int) -> tuple[int, ReadingState] | None:
        """The newest state of a batch before this one, with that batch's number; None where there is none."""
        for number in sorted((each for each in self._states() if each < batch), reverse=True):
            return number, ReadingState.from_bytes(self._files.read(self._state(number)))
        return None

    def keep(self, batch: int, state: ReadingState) -> None:
        """Keep the state after a batch, and let go of old ones."""
        self._files.write(self._state(batch), state.to_bytes())
        if batch - STATES_KEPT >= 0:
            self._files.delete(self._state(batch - STATES_KEPT))

    def kept(self, batch: int) -> bool:
        """Whether the state after a batch is there; one of the last few's, whose tables were all written."""
        return batch in self._states()

    def _states(self) -> list[int]:
        names = self._files.names(f"{self.folder}/state")
        return [int(name.removesuffix(".arrow")) for name in names if name.endswith(".arrow") and name[0] != "."]

    def _state(self, batch: int) -> str:
        return f"{self.folder}/state/{batch:012d}.arrow"
