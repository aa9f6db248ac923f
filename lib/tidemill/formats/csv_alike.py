"""Recognise a csv file by another one that is written alike, at a fraction of the cost of looking at it afresh."""

import csv
from collections.abc import MutableMapping
from io import StringIO

from tidemill.formats.csv_shape import CsvShape, find_csv_shape, lines_behind

# Signs that may quote or escape otherwise than the usual quotation marks, doubled within a field.
_UNUSUAL = ("'", "\\", "\0")
MOST_KEPT = 1000

Alike = MutableMapping[str, CsvShape]
"""Shapes by the first line of the plain files that have them."""


def csv_shape_like(known: Alike, uri: str, text: str, *, whole: bool, tail: str = "") -> CsvShape:
    """As `find_csv_shape`; a file that begins with the first line of a known one and divides alike has its shape.

    Only plain files are known: with a header, the usual quotation marks or none, and as many fields in every record.

    Args:
        known: shapes found before; this one is added where it is plain.
        uri: see `find_csv_shape`.
        text: see there.
        whole: see there.
        tail: see there.
    """
    lines = list(StringIO(text, newline=""))
    seen = lines if whole else lines[:-1]
    behind = [] if whole else list(StringIO(tail, newline=""))[1:]
    usual = len(seen) > 1 and not any(sign in text or sign in tail for sign in _UNUSUAL)
    shape = known.get(lines[0]) if usual else None
    if shape is not None and all(_divide_alike(part, shape) for part in (seen, behind)):
        footer = lines_behind(text if whole else tail, shape.dialect, len(shape.columns))
        if not footer:
            return shape
    found = find_csv_shape(uri, text, whole=whole, tail=tail)
    plain = usual and found.header and not found.skip and not found.footer and len(found.dialect.delimiter) == 1
    if plain and len(known) < MOST_KEPT and _divide_alike(seen, found) and _divide_alike(behind, found):
        known[lines[0]] = found
    return found


def _divide_alike(lines: list[str], shape: CsvShape) -> bool:
    dialect = shape.dialect
    if dialect.quote != '"' or dialect.escape:
        return False
    try:
        rows = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
        return all(len(row) == len(shape.columns) for row in rows)
    except csv.Error:
        return False
