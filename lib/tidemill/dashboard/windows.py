"""Windows of sensors from gold, the length chosen by the range that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidemill.contract import Contract
from tidemill.contract.stream import span, window_table
from tidemill.dashboard.tables import Tables

# A graph on a desk has about as many pixels.
MOST_WINDOWS = 1500
COLUMNS = ("sensor", "window_start", "count", "mean", "min", "max", "unit", "updated_at")
# A day with so many readings tells the usual time between two.
ENOUGH = 10
LATEST = ("sensor", "count", "last", "first_at", "last_at", "unit")


@dataclass(frozen=True)
class Window:
    """What a sensor's readings of one window were."""

    start: datetime
    count: int
    mean: float | None
    least: float | None
    greatest: float | None


@dataclass(frozen=True)
class Latest:
    """What the windows tell of a sensor's newest reading, and the usual time between two, in seconds."""

    value: float | None
    at: datetime
    unit: str | None
    gap: float | None


def window_for(windows: Sequence[str], shown: timedelta) -> str:
    """The finest of the windows of which no more than MOST_WINDOWS lie in the time shown, or else the coarsest."""
    by_length = sorted(windows, key=span)
    return next((window for window in by_length if shown / span(window) <= MOST_WINDOWS), by_length[-1])


def sensor_windows(
    tables: Tables, contract: Contract, window: str, sensor: str, start: datetime, end: datetime
) -> list[Window]:
    """One sensor's windows that begin in [start - one window, end], oldest first.

    Args:
        tables: of the lake.
        contract: of the dataset.
        window: one of its windows.
        sensor: the entity's values with / between.
        start: UTC.
        end: UTC.
    """
    days = (start - span(window)).astimezone(UTC).date(), end.astimezone(UTC).date()
    found = tables.rows(window_table(contract.name, window), COLUMNS, {"day": days}, {"sensor": (sensor, sensor)})
    if found is None:
        return []
    newest: dict[datetime, tuple[datetime, Window]] = {}
    for row in found.to_pylist():
        begins, written = row["window_start"], row["updated_at"]
        if not start - span(window) < begins <= end or (begins in newest and newest[begins][0] > written):
            continue
        newest[begins] = written, Window(begins, row["count"], row["mean"], row["min"], row["max"])
    return [newest[begins][1] for begins in sorted(newest)]


def latest(tables: Tables, contract: Contract, ends: datetime, days: int) -> dict[str, Latest]:
    """Every sensor that had a reading within the days before `ends`, from the coarsest windows: few rows.

    Args:
        tables: of the lake.
        contract: of the dataset.
        ends: UTC.
        days: how far to look back.
    """
    assert contract.stream is not None  # noqa: S101
    name = window_table(contract.name, max(contract.stream.windows, key=span))

    def made() -> dict[str, Latest]:
        found = tables.rows(name, LATEST, {"day": (ends.date() - timedelta(days), ends.date())})
        return {} if found is None else _latest(found.sort_by("last_at"))

    return tables.remembered(("latest", name, ends.date(), days), [name], made)


def _latest(rows: pa.Table) -> dict[str, Latest]:
    """The newest row of each sensor; rows are in the order of `last_at`, and Python sees one of each sensor alone."""
    coded = rows["sensor"].combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    newest = np.zeros(len(coded.dictionary), dtype=np.int64)
    newest[codes] = np.arange(len(codes))  # of several assignments to one place the last stays
    count = rows["count"].to_numpy()
    first, last = (rows[name].cast(pa.int64()).to_numpy() for name in ("first_at", "last_at"))
    gaps = np.full(len(newest), np.nan)
    # Of the newest day with enough readings, or else of the newest with any.
    for chosen in (count > 1, count >= ENOUGH):
        gaps[codes[chosen]] = (last[chosen] - first[chosen]) / 1e6 / (count[chosen] - 1)
    known = rows.select(["sensor", "last", "last_at", "unit"]).take(pa.array(newest)).to_pylist()
    return {
        row["sensor"]: Latest(row["last"], row["last_at"], row["unit"], None if np.isnan(gap) else float(gap))
        for row, gap in zip(known, gaps, strict=True)
    }


def trends(
    tables: Tables, contract: Contract, sensors: Sequence[str], ends: datetime, hours: int = 24
) -> dict[str, list[float | None]]:
    """Each sensor's hourly means before `ends`, oldest first, None where there was no reading.

    Args:
        tables: of the lake.
        contract: of the dataset; one without windows of at most an hour has no trends.
        sensors: whose; those of one page.
        ends: UTC.
        hours: how many.
    """
    assert contract.stream is not None  # noqa: S101
    hourly = [window for window in contract.stream.windows if span(window) == timedelta(hours=1)]
    if not hourly:
        return {}
    name = window_table(contract.name, hourly[0])
    first = ends.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)

    def made() -> dict[str, list[float | None]]:
        found = tables.rows(name, ("sensor", "window_start", "mean"), {"day": (first.date(), ends.date())})
        filled: dict[str, list[float | None]] = {}
        if found is None:
            return filled
        recent = found.filter(pc.greater_equal(found["window_start"], first))
        for sensor, start, mean in zip(*(recent[column].to_pylist() for column in recent.column_names), strict=True):
            place = int((start - first).total_seconds() // 3600)
            if place < hours:
                filled.setdefault(sensor, [None] * hours)[place] = mean
        return filled

    of_all = tables.remembered(("trends", name, first, hours), [name], made)
    return {sensor: of_all[sensor] for sensor in sensors if sensor in of_all}
