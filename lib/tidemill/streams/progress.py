"""ops.stream_progress: what each query of a stream did, one row a minute."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from time import monotonic

import numpy as np

from tidemill.lake import Lake

TABLE = "ops.stream_progress"
SCHEMA = (
    "dataset string, query string, at timestamp, batches bigint, rows bigint, rows_late bigint, "
    "rows_quarantined bigint, seconds double, lag_rows bigint, delay_p50 double, delay_p95 double"
)
EVERY = 60.0
# Each row is a small file; this many are then made one.
COMPACTED_EVERY = 60


@dataclass
class _Minute:
    batches: int = 0
    rows: int = 0
    late: int = 0
    quarantined: int = 0
    seconds: float = 0.0
    delays: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


class Progress:
    """Adds up a query's batches and appends a row a minute, also of a minute without a batch.

    It may be told of batches by one thread and be ticked by another.

    Args:
        lake: where the table is.
        dataset: whose stream.
        query: its part, such as readings or windows.
        every: seconds between two rows.
    """

    def __init__(self, lake: Lake, dataset: str, query: str, every: float = EVERY) -> None:
        self._lake, self._dataset, self._query, self._every = lake, dataset, query, every
        self._lock = Lock()
        self._now, self._lag = _Minute(), 0
        self._since, self._written = monotonic(), 0

    def batch(
        self, rows: int, seconds: float, late: int = 0, quarantined: int = 0, delays: Sequence[float] = ()
    ) -> None:
        """Count a batch that has ended.

        Args:
            rows: that it took.
            seconds: that it lasted.
            late: see `tidemill.streams.lateness`.
            quarantined: refused rows.
            delays: seconds until its rows could be read, some rows' or evenly spaced quantiles: they stand for all.
        """
        with self._lock:
            now = self._now
            now.batches, now.rows, now.seconds = now.batches + 1, now.rows + rows, now.seconds + seconds
            now.late, now.quarantined = now.late + late, now.quarantined + quarantined
            now.delays += delays
            now.weights += [rows / len(delays) for _ in delays]

    def behind(self, rows: int) -> None:
        """Say how many rows wait, as far as is known."""
        self._lag = rows

    def tick(self) -> None:
        """Append the row if it is time for one."""
        if monotonic() - self._since >= self._every:
            self.flush()

    def flush(self) -> None:
        """Append the row now."""
        with self._lock:
            ended, self._now, self._since = self._now, _Minute(), monotonic()
        half, most = _quantiles(ended.delays, ended.weights)
        counts = (ended.batches, ended.rows, ended.late, ended.quarantined, ended.seconds, self._lag)
        row = (self._dataset, self._query, datetime.now(UTC), *counts, half, most)
        self._lake.record(TABLE, [row], SCHEMA)
        self._written += 1
        if self._written % COMPACTED_EVERY == 0:
            self._lake.compact(TABLE)


def _quantiles(values: Sequence[float], weights: Sequence[float]) -> tuple[float | None, float | None]:
    """The median and the 95th percentile, each value as often as its weight says."""
    if not sum(weights):
        return None, None
    order = np.argsort(values)
    reached = np.cumsum(np.asarray(weights)[order]) / sum(weights)
    found = [float(values[order[np.searchsorted(reached, share)]]) for share in (0.5, 0.95 - 1e-9)]
    return found[0], found[1]
