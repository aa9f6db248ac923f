"""What a stream's checkpoint says of its batches, and whether the tables that they went to agree with it."""

from collections.abc import Mapping

from pyspark.sql import SparkSession

from tidemill.lake.batches import BatchMark
from tidemill.streams.windows.tables import same_epoch


class Checkpoint:
    """The folder of one epoch's query, local or on any store that Hadoop can open."""

    def __init__(self, spark: SparkSession, folder: str, epoch: str) -> None:
        self.path = f"{folder.rstrip('/')}/{epoch}"
        self._spark = spark

    def planned(self, batch: int) -> bool:
        """Whether the batch was begun."""
        return self._exists(f"{self.path}/offsets/{batch}")

    def ended(self, batch: int) -> bool:
        """Whether the batch was carried to its end in every table."""
        return self._exists(f"{self.path}/commits/{batch}")

    def forget(self) -> None:
        """Remove the folder."""
        path, files = self._opened(self.path)
        files.delete(path, True)

    def _exists(self, place: str) -> bool:
        path, files = self._opened(place)
        return bool(files.exists(path))

    def _opened(self, place: str):  # type: ignore[no-untyped-def]
        path = self._spark._jvm.org.apache.hadoop.fs.Path(place)  # type: ignore[union-attr]
        return path, path.getFileSystem(self._spark._jsc.hadoopConfiguration())


def disagreement(spark: SparkSession, folder: str, marks: Mapping[str, BatchMark | None], recipe: str) -> str | None:
    """Why the tables cannot be gone on with; None where they can.

    A killed batch is no reason: some tables have it, the others get it when it is done again.
    """
    newest = [mark for mark in marks.values() if mark is not None]
    if not newest:
        return "there are no windows yet"
    if not same_epoch(list(marks.values()), recipe):
        return "the tables were not all made in one go from the units, calibration and lengths of the contract"
    most, least = max(mark.batch for mark in newest), min(mark.batch for mark in newest)
    checkpoint = Checkpoint(spark, folder, newest[0].epoch)
    if most - least > 1 or checkpoint.ended(least + 1):
        return "a table lacks batches that the others, or the checkpoint, count as done"
    if most >= 0 and not checkpoint.planned(most):
        return f"the checkpoint {checkpoint.path} is gone or not the one that the tables were filled by"
    return None
