"""Keep the tables of a stream in few files, the windows sorted, a bounded piece of work at a time."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import structlog
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.lake import Lake
from tidemill.lake.batches import exchange, newest_mark
from tidemill.lake.upkeep import bin_pack, files_of, remove_unused, sort_again
from tidemill.session import is_transient
from tidemill.streams.windows.tables import SORT_BY

# At a batch every three seconds these are ten minutes and a little over an hour.
EVERY_BATCHES, VACUUM_EVERY_BATCHES = 200, 1500
# So many files a day are left alone: the next late reading would only split a sorted day again.
FILES_PER_CLOSED_DAY, FILES_PER_OPEN_DAY = 4, 100
SMALL_BYTES, SMALL_FILES = 16 << 20, 200


class Upkeep:
    """What is done for the tables of one dataset's stream.

    Args:
        lake: has the tables.
        contract: of the dataset.
        windows: the names of its window tables.
    """

    def __init__(self, lake: Lake, contract: Contract, windows: Iterable[str]) -> None:
        self._lake, self._contract = lake, contract
        self._windows = tuple(windows)
        self._layers = tuple(f"{layer}.{contract.name}" for layer in ("silver", "bronze", "quarantine"))

    def after(self, batch: int, watermark: datetime | None) -> None:
        """Do a piece of work after every so many batches; see `look_after`."""
        if batch % EVERY_BATCHES == EVERY_BATCHES - 1:
            self.look_after(watermark)
        if batch % VACUUM_EVERY_BATCHES == VACUUM_EVERY_BATCHES - 1:
            for name in (*self._windows, *self._layers):
                if self._lake.exists(name):
                    remove_unused(self._lake, name)

    def look_after(self, watermark: datetime | None) -> None:
        """Sort one day of each window table, and pack the small files of the other tables where there are many.

        Args:
            watermark: the greatest event time so far, UTC; days before its own are closed.
        """
        if watermark is None:
            return
        try:
            for name in self._windows:
                # A reading from the future does not close today.
                self._sort_a_day(name, min(watermark, datetime.now(UTC)))
            for name in self._layers:
                self._pack(name)
        except Exception as error:
            # Query A committed to the same files; there is a next time.
            if not is_transient(error):
                raise
            structlog.get_logger().warning("upkeep_put_off", dataset=self._contract.name, reason=str(error)[:300])

    def _pack(self, name: str) -> None:
        if not self._lake.exists(name):
            return
        if files_of(self._lake, name).where(F.col("size") < SMALL_BYTES).count() > SMALL_FILES:
            bin_pack(self._lake, name)
            structlog.get_logger().info("packed", table=name)

    def _sort_a_day(self, name: str, watermark: datetime) -> None:
        today, hour = watermark.date(), watermark.replace(minute=0, second=0, microsecond=0)
        scattered = dict(self._scattered(name, today))
        if today in scattered:
            # The windows of this hour are still written again with every batch, so that they lie apart.
            where = f"day = date'{today}' and window_start < timestamp'{hour:%Y-%m-%dT%H:%M:%SZ}'"
            self._sort_open(name, where, scattered[today])
        closed = [day for day in scattered if day != today]
        if closed:
            day = max(closed)
            self._sort(name, f"day = date'{day}'", scattered[day])

    def _sort(self, name: str, where: str, files: int) -> None:
        sort_again(self._lake, name, where, SORT_BY, newest_mark(self._lake, name))
        structlog.get_logger().info("sorted", table=name, where=where, files=files)

    def _sort_open(self, name: str, where: str, files: int) -> None:
        """Sort a part of a day; Delta calls that a change of data, which nothing follows in a window table."""
        mark = newest_mark(self._lake, name)
        if mark is not None:
            rows = self._lake.read(name).where(where).repartition(1).sortWithinPartitions("day", *SORT_BY)
            exchange(self._lake, name, rows, where, mark)
            structlog.get_logger().info("sorted", table=name, where=where, files=files)

    def _scattered(self, name: str, today: date) -> list[tuple[date, int]]:
        """The days with more files than they may have, and how many; at most one row a day is collected."""
        day = F.to_date(F.col("partitionValues")["day"]).alias("day")
        counted = files_of(self._lake, name).groupBy(day).agg(F.count(F.lit(1)).alias("files"))
        most = F.when(F.col("day") == F.lit(today), FILES_PER_OPEN_DAY).otherwise(FILES_PER_CLOSED_DAY)
        return [(row["day"], row["files"]) for row in counted.where(F.col("files") > most).collect()]
