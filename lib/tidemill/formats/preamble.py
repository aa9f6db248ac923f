"""Tell the lines that stand before a table - a title, a date, a remark - from the table."""

from collections import Counter
from collections.abc import Sequence

from tidemill.formats.header import is_header

_LONGEST = 15


def preamble(rows: Sequence[Sequence[str]]) -> int:
    """How many records stand before the table's first.

    They have hardly a field, where the table's records have many: one where the table has up to three columns, at most
    half as many otherwise. Spreadsheets write them with the table's number of fields, all but one blank.

    Args:
        rows: the fields of a text's first records, blank lines left out.
    """
    width = Counter(len(row) for row in rows if row).most_common(1)[0][0] if any(rows) else 0
    if width < 2:
        return 0
    most = max(1, width // 2)
    start = next((place for place, row in enumerate(rows) if _filled(row) > most and len(row) == width), 0)
    before, table = rows[:start], rows[start:]
    if not before or start > _LONGEST or len(table) < 2 or any(_filled(row) > most for row in before):
        return 0
    if any(len(row) >= width for row in before):
        return start if _is_spreadsheet(before, table) else 0
    # Two columns below a line of one: a name of a single column and its values, some with the delimiter in them?
    return start if width > 2 or _names_over_values(table) else 0


def _is_spreadsheet(before: Sequence[Sequence[str]], table: Sequence[Sequence[str]]) -> bool:
    names = [field.strip() for field in table[0]]
    named = all(names) and len(set(names)) == len(names) and is_header(table)
    return named and all(_filled(row) <= 1 for row in before)


def _names_over_values(table: Sequence[Sequence[str]]) -> bool:
    numbers = any(field.strip().replace(".", "", 1).isdigit() for row in table[1:] for field in row)
    return numbers and is_header(table)


def _filled(row: Sequence[str]) -> int:
    return sum(bool(field.strip()) for field in row)
