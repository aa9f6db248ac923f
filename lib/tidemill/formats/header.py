"""Tell whether a table's first record names its columns, and name them."""

import re
from collections.abc import Collection, Sequence

_NUMBER = re.compile(r"[+\-]?[$€£]?(\d+([.,' ]\d+)*|[.,]\d+)([eE][+\-]?\d+)?\s?%?")
_MOMENT = re.compile(r"\d{1,4}[\-/.]\d{1,2}[\-/.]\d{1,4}([T ].*)?|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
YEAR = re.compile(r"(19|20)\d\d")
_SAMPLE_ROWS = 20
_TRUTH = frozenset({"true", "false", "yes", "no"})
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Compare the first record with the rest, column by column.

    A name above numbers, dates or truth values speaks for a header, a value of the column's own kind against it.
    Where all is text, the first record is a header unless one of its fields is blank, stands twice or is a value that
    the column holds again.

    Args:
        rows: the fields of the first records, as delivered.
    """
    if not rows:
        return False
    first, rest = [field.strip() for field in rows[0]], rows[1:_SAMPLE_ROWS]
    votes = 0
    for position, name in enumerate(first):
        below = {kind_of(row[position]) for row in rest if position < len(row)} - {"missing"}
        kind = kind_of(name)
        if kind in ("number", "moment", "truth") and not YEAR.fullmatch(name):
            votes -= 1
        elif len(below) == 1 and kind == "text" and below != {"text"}:
            votes += 1
    return votes > 0 or (votes == 0 and _reads_like_names(first, rest))


def column_names(first: Sequence[str], width: int) -> tuple[str, ...]:
    """Name the columns: as delivered, and never blank or twice.

    Args:
        first: the header's fields; empty where there is no header.
        width: the usual number of fields in a record, which may be more than the header's.

    Returns:
        The names without surrounding blanks. A blank one is `column_3` (counted from 1), a second `city` is `city_2`.
    """
    names: list[str] = []
    wanted = [field.strip() for field in first] + [""] * (width - len(first))
    for position, name in enumerate(wanted, start=1):
        names.append(unused_name(name or f"column_{position}", names, wanted[position:]))
    return tuple(names)


def unused_name(name: str, taken: Collection[str], coming: Collection[str] = ()) -> str:
    """The name itself where it is not taken, else with the first number from 2 on that is neither taken nor coming."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken or f"{name}_{number}" in coming:
        number += 1
    return f"{name}_{number}"


def kind_of(field: str) -> str:
    """What a field looks like: missing, number, moment, truth or text."""
    text = field.strip()
    if text.lower() in _MISSING:
        return "missing"
    if _NUMBER.fullmatch(text):
        return "number"
    if _MOMENT.fullmatch(text):
        return "moment"
    return "truth" if text.lower() in _TRUTH else "text"


def _reads_like_names(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    named = [name for name in first if name]
    if len(named) * 2 <= len(first) or any(kind_of(name) == "missing" for name in named):
        return False
    return not any(_shares_a_value(first, [field.strip() for field in row]) for row in rest)


def _shares_a_value(first: Sequence[str], row: Sequence[str]) -> bool:
    """Whether the row repeats a field of the first record; a whole header again, as in joined files, does not count."""
    same = sum(bool(name) and name == field for name, field in zip(first, row, strict=False))
    return 0 < same < len(first) or same == len(first) == 1
