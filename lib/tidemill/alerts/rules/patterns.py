"""Which sensors a rule is about: patterns over an entity's values with / between."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

EVERY = "**"


def matches(sensor: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns takes in the sensor.

    Args:
        sensor: as in `EWR/temp`.
        patterns: as in `*/temp`; a * stays within one value, `**` alone takes in every sensor.
    """
    parts = sensor.split("/")
    return any(_matches(parts, pattern) for pattern in patterns)


def _matches(parts: list[str], pattern: str) -> bool:
    if pattern == EVERY:
        return True
    wanted = pattern.split("/")
    return len(wanted) == len(parts) and all(map(fnmatchcase, parts, wanted))
