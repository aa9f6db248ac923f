"""Merge two header rows - groups above names, or names above units - into one."""

import re
from collections.abc import Sequence

from tidemill.formats.header import YEAR, kind_of

_UNIT = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_SAMPLE_ROWS = 20


def merged_header(rows: Sequence[Sequence[str]]) -> list[str] | None:
    """The names of a table's columns where its first two records are clearly both a header.

    That is where the second has units in brackets, or where the first has blanks behind what it names for several
    columns, and the second names repeat until the first are put before them. Below both, a column must hold numbers,
    moments or truth values.

    Args:
        rows: the fields of the first records.

    Returns:
        `A B` for each column, A or B alone where the other is blank; None where it is not clear.
    """
    if len(rows) < 3 or not len(rows[0]) == len(rows[1]) == len(rows[2]) > 1:
        return None
    upper, lower = ([field.strip() for field in row] for row in rows[:2])
    if not all(_is_name(field) for field in (*upper, *lower)) or not _values_below(rows[2:_SAMPLE_ROWS], len(upper)):
        return None
    if _are_units(upper, lower):
        return [f"{name} {unit}".strip() for name, unit in zip(upper, lower, strict=True)]
    return _grouped(upper, lower)


def _is_name(field: str) -> bool:
    return kind_of(field) in ("text", "missing") or bool(YEAR.fullmatch(field))


def _values_below(rows: Sequence[Sequence[str]], width: int) -> bool:
    columns = [{kind_of(row[place]) for row in rows if place < len(row)} - {"missing"} for place in range(width)]
    return any(len(kinds) == 1 and kinds != {"text"} for kinds in columns)


def _are_units(upper: Sequence[str], lower: Sequence[str]) -> bool:
    units = [field for field in lower if field]
    return bool(units) and all(upper) and all(_UNIT.fullmatch(field) for field in units)


def _grouped(upper: Sequence[str], lower: Sequence[str]) -> list[str] | None:
    named = [field for field in upper if field]
    names = [field for field in lower if field]
    if len(named) < 2 or all(upper) or len(set(names)) == len(names):
        return None
    merged: list[str] = []
    group = ""
    for above, name in zip(upper, lower, strict=True):
        group = above or group
        merged.append(f"{group} {name}".strip())
    return merged if len(set(merged)) == len(merged) else None
