"""The streams' own account of their work, a row a minute and query, gathered into as many points as a graph shows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tidemill.dashboard.tables import Tables

TABLE = "ops.stream_progress"
COLUMNS = (
    *("dataset", "query", "at", "batches", "rows", "rows_late", "rows_quarantined", "seconds"),
    *("lag_rows", "delay_p50", "delay_p95"),
)
MOST_POINTS = 360


@dataclass(frozen=True)
class Point:
    """What one query did within a step of time.

    Attributes:
        at: where the step ends, UTC.
        rate: rows a second over the step.
        capacity: rows a second of the time that it worked; None where it did not.
        late, quarantined: rows.
        lag: the most rows that waited.
        delay_p50, delay_p95: seconds from a reading to its commit: the median of the minutes', the worst of them.
    """

    at: datetime
    rate: float
    capacity: float | None
    rows: int
    late: int
    quarantined: int
    lag: int | None
    delay_p50: float | None
    delay_p95: float | None


Series = dict[tuple[str, str], list[Point]]


def progress(tables: Tables, now: datetime, shown: timedelta) -> Series:
    """(dataset, query) -> its points within the time shown, oldest first; none where no stream ran.

    Args:
        tables: of the lake.
        now: UTC.
        shown: how far back.
    """
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    since = minute - shown

    def made() -> Series:
        day = datetime.combine(since.date(), datetime.min.time(), UTC)
        found = tables.rows(TABLE, COLUMNS, {"at": (since, None)}, {"at": (day, None)})
        rows = [] if found is None else [row for row in found.to_pylist() if row["at"] >= since]
        return gathered(rows, shown)

    return tables.remembered(("progress", since, shown), [TABLE], made)


def gathered(rows: Iterable[Mapping[str, Any]], shown: timedelta) -> Series:
    """Rows of ops.stream_progress in steps of whole minutes, at most MOST_POINTS of them."""
    step = max(1, -(-int(shown.total_seconds()) // (60 * MOST_POINTS))) * 60
    buckets: dict[tuple[str, str], dict[int, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        buckets[row["dataset"], row["query"]][int(row["at"].timestamp() - 1) // step].append(row)
    return {
        key: [_point(of_key[place], (place + 1) * step, step) for place in sorted(of_key)]
        for key, of_key in sorted(buckets.items())
    }


def _point(rows: list[Mapping[str, Any]], ends: int, step: int) -> Point:
    total = {name: sum(row[name] or 0 for row in rows) for name in ("rows", "rows_late", "rows_quarantined", "seconds")}
    lags = [row["lag_rows"] for row in rows if row["lag_rows"] is not None]
    median = sorted(row["delay_p50"] for row in rows if row["delay_p50"] is not None)
    worst = [row["delay_p95"] for row in rows if row["delay_p95"] is not None]
    return Point(
        at=datetime.fromtimestamp(ends, UTC),
        rate=total["rows"] / (60 * len(rows)),
        capacity=total["rows"] / total["seconds"] if total["seconds"] else None,
        rows=total["rows"],
        late=total["rows_late"],
        quarantined=total["rows_quarantined"],
        lag=max(lags, default=None),
        delay_p50=median[len(median) // 2] if median else None,
        delay_p95=max(worst, default=None),
    )
