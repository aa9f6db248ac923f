"""Find the table of a workbook's sheet, and parse it into bronze's layout."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from tidemill.formats.csv_shape import HeaderWithoutRows
from tidemill.formats.footnotes import LONGEST, footnotes
from tidemill.formats.header import column_names, is_header
from tidemill.formats.header_rows import merged_header
from tidemill.formats.json_text import json_text
from tidemill.formats.layout import Layout, Raw, Row
from tidemill.formats.preamble import preamble
from tidemill.formats.recognised import Recognised
from tidemill.formats.workbook import opened_sheet, texts

_SAMPLE_ROWS = 60
_BATCH_ROWS = 1 << 13


@dataclass(frozen=True)
class SheetShape:
    """What was found out about a workbook; the attributes are those of `Recognised`."""

    records: str
    skip: int
    footer: int
    header: bool
    columns: tuple[str, ...]
    why: tuple[str, ...]


def find_sheet_shape(file: BinaryIO, uri: str, name: str = "") -> SheetShape:
    """Find the first sheet that holds a value, and its header and names as for csv.

    Args:
        file: can be sought in.
        uri: the file, for messages.
        name: the sheet's, where it is known.

    Raises:
        HeaderWithoutRows: there is one row and it names columns.
        RunFailed: as `workbook.opened_sheet`.
    """
    with opened_sheet(file, uri, name) as sheet:
        rows = map(texts, sheet.iter_rows())
        first = list(islice(rows, _SAMPLE_ROWS))
        last = deque(enumerate(first), 4 * _SAMPLE_ROWS)
        last.extend(enumerate(rows, len(first)))
        found = sheet.name
    filled = [(number, row) for number, row in enumerate(first) if any(row)]
    width = _width([row for _, row in filled])
    table = [row[:width] for _, row in filled]
    before = preamble(table)
    table = table[before:]
    merged = merged_header(table)
    header = merged is not None or is_header(table)
    if header and len(table) == 1 and last[-1][0] < len(first):
        raise HeaderWithoutRows(uri, column_names(table[0], width))
    skip = filled[before + (merged is not None)][0]
    columns = column_names(merged or (table[0] if header else []), width)
    footer = _rows_behind([row for number, row in last if number >= skip], width)
    why = [f"sheet '{found}'", f"{width} columns", _told(header, merged)]
    why += [f"{skip} rows before the table"] if before else []
    why += [f"{footer} rows behind the table"] if footer else []
    return SheetShape(found, skip, footer, header, columns, tuple(why))


def sheet_batches(file: BinaryIO, recognised: Recognised, layout: Layout, path: str) -> Iterator[pa.RecordBatch]:
    """Parse a workbook's sheet. The position of a record is its row as the spreadsheet program numbers it.

    A blank row is none, a blank cell is null. A row with a value right of the table did not parse, nor did one behind
    the table that may be a sum.

    Args:
        file: open at its beginning; can be sought in.
        recognised: which sheet, and where its table is.
        layout: what to build.
        path: the file, for messages.

    Raises:
        RunFailed: as `workbook.opened_sheet`.
    """
    with opened_sheet(file, path, recognised.records) as sheet:
        rows = enumerate(map(texts, sheet.iter_rows()), start=1)
        records = _records(islice(rows, recognised.skip + recognised.header, None), recognised, layout)
        while batch := list(islice(records, _BATCH_ROWS)):
            yield from layout.batches(batch)


def _records(rows: Iterator[tuple[int, list[str]]], recognised: Recognised, layout: Layout) -> Iterator[Row | Raw]:
    held: deque[tuple[int, list[str]]] = deque()
    for row in rows:
        held.append(row)
        if len(held) > recognised.footer + LONGEST + 1:
            number, cells = held.popleft()
            if any(cells):
                yield _record(number, cells, recognised.columns, layout)
    table = [(number, cells) for number, cells in list(held)[: len(held) - recognised.footer] if any(cells)]
    width = len(recognised.columns)
    found = footnotes([cells[:width] for _, cells in table], width)
    doubtful = found.clear + found.unsure
    for place, (number, cells) in enumerate(table, start=1):
        if place > len(table) - doubtful:
            yield Raw(number, _as_text(cells))
        else:
            yield _record(number, cells, recognised.columns, layout)


def _record(number: int, cells: Sequence[str], columns: Sequence[str], layout: Layout) -> Row | Raw:
    if any(cells[len(columns) :]) and not layout.ragged:
        return Raw(number, _as_text(cells))
    names = [*columns, *(f"column_{place}" for place in range(len(columns) + 1, len(cells) + 1))]
    values = {name: cell or None for name, cell in zip(names, cells, strict=False)}
    rest = {name: value for name, value in values.items() if value is not None and name not in layout.delivered}
    return Row(number, [values.get(name) for name in layout.delivered], json_text(rest) if rest else None)


def _as_text(cells: Sequence[str]) -> str:
    return json_text(list(cells))


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Up to which column a tenth of the rows reach, or the first that is filled: the header, mostly."""
    reached = [max(place for place, cell in enumerate(row, start=1) if cell) for row in rows]
    usual = max((reach for reach in reached if reached.count(reach) * 10 >= len(rows)), default=0)
    first = next((reach for reach, row in zip(reached, rows, strict=True) if sum(map(bool, row)) * 2 > usual), 0)
    return max(usual, first)


def _rows_behind(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many rows of the sheet stand behind the table's last, blank ones included."""
    notes = footnotes([row[:width] if any(row) else [] for row in rows], width).clear
    count = 0
    for row in reversed(rows):
        if not notes:
            break
        count += 1
        notes -= any(row)
    return count


def _told(header: bool, merged: Sequence[str] | None) -> str:
    return "header of two rows" if merged else "header" if header else "no header"
