"""Tell what stands behind a table - a sum, a source, a remark - from the table."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tidemill.formats.header import kind_of

LONGEST = 15
_COMPARED_ROWS = 50
_FEWEST_COMPARED = 3
_SUM = re.compile(
    r"(grand |sub|sub-|sub )?total[es]?|totals|sums?|summe|gesamt(summe)?|insgesamt|zwischensumme|somme|suma|soma|"
    r"average|mean|mittelwert|durchschnitt|moyenne",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"(sources?|notes?|remarks?|footnotes?|disclaimer|legend|copyright|quellen?|anmerkung(en)?|hinweise?|stand|"
    r"fuente|fonte|nota|remarque)\s*:.*|as of .*|(generated|exported|created|printed|retrieved) (on|at|by|from) .*|"
    r"(©|\*+|#|--|//|¹|²|³).*|\(?\d+ (rows?|records?|lines?)( selected| affected)?\)?\.?|end of (file|report|data).*",
    re.IGNORECASE | re.DOTALL,
)


class Footnotes(NamedTuple):
    """How many of the last records, blank ones apart, are no rows of the table.

    Attributes:
        clear: they say themselves what they are.
        unsure: those above, which may be either.
    """

    clear: int
    unsure: int


def footnotes(rows: Sequence[Sequence[str]], width: int) -> Footnotes:
    """Look at the last records of a table from the last one upwards.

    Clear are a remark by its first word or sign, alone in its record; a line of several words alone behind a blank one;
    and a sum by its name, with nothing in a column where every row has something. A record that is named as a sum and
    differs in less is not clear.

    Args:
        rows: the fields of the last records in their order, none for a blank line.
        width: the table's number of columns.
    """
    if width < 2:
        return Footnotes(0, 0)
    end = len(rows)
    found = seen = 0
    while end and seen < LONGEST:
        row = rows[end - 1]
        table = _table(rows[: end - 1], width)
        if _is_blank(row):
            end -= 1
            continue
        if not (_is_remark(row, width) or _is_apart(rows, end - 1) or _is_sum(row, width, table)):
            break
        found, seen, end = found + 1, seen + 1, end - 1
    table = _table(rows[: max(end - 1, 0)], width)
    return Footnotes(found, int(bool(end) and _may_be_sum(rows[end - 1], width, table)))


def _is_blank(row: Sequence[str]) -> bool:
    return not any(field.strip() for field in row)


def _table(rows: Sequence[Sequence[str]], width: int) -> list[Sequence[str]]:
    return [row for row in rows[-2 * _COMPARED_ROWS :] if len(row) == width and not _is_blank(row)][-_COMPARED_ROWS:]


def _alone(row: Sequence[str]) -> str:
    """The one text of a record that has but one, at its beginning."""
    first, *others = row
    return first.strip() if _is_blank(others) else ""


def _is_remark(row: Sequence[str], width: int) -> bool:
    text = _alone(row)
    # One word in the first of all fields may be a row that has no more to say.
    return bool(_REMARK.fullmatch(text)) and (len(row) < width or len(text.split()) > 1)


def _is_apart(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether it is one of the lines of words behind the last blank line."""
    while place >= 0 and not _is_blank(rows[place]):
        if len(_alone(rows[place]).split()) < 2:
            return False
        place -= 1
    return place > 0


def _named_as_sum(row: Sequence[str]) -> bool:
    first = next((field.strip().rstrip(":.") for field in row if field.strip()), "")
    return bool(_SUM.fullmatch(first))


def _is_sum(row: Sequence[str], width: int, table: Sequence[Sequence[str]]) -> bool:
    if len(row) != width or len(table) < _FEWEST_COMPARED or not _named_as_sum(row):
        return False
    always = [all(other[place].strip() for other in table) for place in range(width)]
    return any(filled and not field.strip() for filled, field in zip(always, row, strict=True))


def _may_be_sum(row: Sequence[str], width: int, table: Sequence[Sequence[str]]) -> bool:
    if len(row) != width or not _named_as_sum(row):
        return False
    place = next(place for place, field in enumerate(row) if field.strip())
    kinds = {kind_of(other[place]) for other in table} - {"missing"}
    return not table or any(not field.strip() for field in row) or bool(kinds and "text" not in kinds)
