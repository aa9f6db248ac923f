"""Which windows a batch touches, said so that Delta reads and rewrites only the files that hold them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.streams.lateness import micros

# With so few sensors the files of the others are left alone, which sorted files make many.
FEW_SENSORS = 16
# Longer conditions cost more to plan than they save to read.
MOST_HOURS, MOST_DAYS = 48, 62
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Touched(NamedTuple):
    """A stretch of windows: where the first and the last begin (microseconds), and whose; no sensors: everybody's."""

    first: int
    last: int
    sensors: tuple[str, ...] = ()


def touched(partial: DataFrame) -> list[Touched]:
    """The stretches that partial sums lie in: by hour, if these are many by day, and if those are many just one.

    Args:
        partial: see `partial_sums`; read up to three times, so keep it at hand. At most `MOST_DAYS` rows are collected.
    """
    for length, most in (("1 hour", MOST_HOURS), ("1 day", MOST_DAYS)):
        found = _stretches(partial, F.col("start") - F.pmod("start", F.lit(micros(length))), most + 1)
        if len(found) <= most:
            return found
    return _stretches(partial, F.lit(0), 1)


def _stretches(partial: DataFrame, slot: Column, most: int) -> list[Touched]:
    sensors = F.slice(F.sort_array(F.collect_set("sensor")), 1, FEW_SENSORS + 1)
    by_slot = partial.groupBy(slot.alias("slot")).agg(
        F.min("start").alias("first"), F.max("start").alias("last"), sensors.alias("sensors")
    )
    return sorted(
        Touched(row["first"], row["last"], tuple(row["sensors"]) if len(row["sensors"]) <= FEW_SENSORS else ())
        for row in by_slot.limit(most).collect()
    )


def condition(stretches: Sequence[Touched], length: str) -> str:
    """The same stretches of a table of longer windows, as SQL with literals that files are skipped by.

    A late reading costs what its hour holds: the rows of the windows of that hour, and the files that these lie in.
    """
    step = micros(length)
    sensors: dict[tuple[int, int], set[str] | None] = {}
    for stretch in stretches:
        place = (stretch.first - stretch.first % step, stretch.last - stretch.last % step)
        known = sensors.get(place, set())
        every = known is None or not stretch.sensors or len(known | set(stretch.sensors)) > FEW_SENSORS
        sensors[place] = None if every else known | set(stretch.sensors)  # type: ignore[operator]
    return " or ".join(_one(*place, who) for place, who in sorted(sensors.items(), key=lambda item: item[0]))


def _one(first: int, last: int, sensors: set[str] | None) -> str:
    days = _between("day", *(f"date'{_moment(at):%Y-%m-%d}'" for at in (first, last)))
    starts = _between("window_start", *(f"timestamp'{_moment(at):%Y-%m-%dT%H:%M:%SZ}'" for at in (first, last)))
    listed = f" and sensor in ({', '.join(map(_quoted, sorted(sensors)))})" if sensors else ""
    return f"({days} and {starts}{listed})"


def _between(column: str, low: str, high: str) -> str:
    return f"{column} = {low}" if low == high else f"{column} >= {low} and {column} <= {high}"


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
