"""Numbers, times and lengths of time as a person reads them at a glance."""

from datetime import UTC, datetime, timedelta
from math import isfinite

NOTHING = "\N{EN DASH}"


def number(value: float | None, unit: str | None = None) -> str:
    """A number with its unit: thousands set apart, five significant digits."""
    if value is None or not isfinite(value):
        return NOTHING
    whole = f"{value:,.0f}" if abs(value) >= 10_000 or value == int(value) else f"{value:,.5g}"
    return f"{whole} {symbol(unit)}" if unit else whole


def symbol(unit: str | None) -> str:
    """The sign of a common unit, or its name."""
    known = {"celsius": "°C", "fahrenheit": "°F", "kelvin": "K", "percent": "%", "degree": "°"}
    return known.get(unit or "", unit or "")


def length(time: timedelta) -> str:
    """A length of time in one unit, as in `3 hours`."""
    seconds = max(time.total_seconds(), 0)
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= (2 * size if name != "minute" else size):
            many = int(seconds // size)
            return f"{many} {name}{'' if many == 1 else 's'}"
    if 0 < seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} seconds"
    return "1 second" if int(seconds) == 1 else f"{int(seconds)} seconds"


def delay(seconds: float | None) -> str:
    """How long something took: to a tenth of a second where it took seconds, else in one unit."""
    if seconds is None:
        return NOTHING
    return f"{seconds:.1f} s" if seconds < 120 else length(timedelta(seconds=seconds))


def unit_of_time(greatest: float) -> tuple[str, float]:
    """The unit in which a graph of lengths of time is drawn, and its seconds.

    Args:
        greatest: of them, in seconds.
    """
    for name, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if greatest >= 2 * size:
            return name, size
    return "seconds", 1.0


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in steps that a reader can follow: the first minute by ten seconds."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    if seconds < -60:
        return f"in {length(timedelta(seconds=-seconds))}"
    if seconds < 10:
        return "just now"
    return f"{length(timedelta(seconds=seconds // 10 * 10 if seconds < 60 else seconds))} ago"


def clock(moment: datetime | None) -> str:
    """A moment in UTC to the second."""
    return NOTHING if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def size(many: int) -> str:
    """Bytes in the largest unit that leaves a number of at least one."""
    value = float(many)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def count(many: int, one: str, several: str | None = None) -> str:
    """A count with its noun, as in `1 alert` and `2 alerts`."""
    return f"{many:,} {one if many == 1 else several or one + 's'}"
