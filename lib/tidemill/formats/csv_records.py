"""Parse a csv file into bronze's layout, a few MiB at a time.

pyarrow parses a block whose quotes are well-formed, which nearly all are: it is quick, but joins a field such as "5"x
to one value without a word. All other blocks go through `csv_text`, which costs a few times as much.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from io import StringIO
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from tidemill.formats.csv_blocks import whole_records
from tidemill.formats.csv_text import NO_DELIMITER, CsvRecord, RecordTooLong, split_records
from tidemill.formats.decoding import LONGEST_RECORD, decoded, kept_bytes, kept_text, utf8_blocks
from tidemill.formats.dialect import Dialect
from tidemill.formats.footnotes import LONGEST, footnotes
from tidemill.formats.json_text import json_text
from tidemill.formats.layout import Layout, Raw
from tidemill.formats.recognised import Recognised

_LINE_END = re.compile(rb"\r\n|\n|\r")
_NOT_BLANK = re.compile(rb"[^\r\n]")


def csv_batches(file: BinaryIO, recognised: Recognised, layout: Layout, path: str) -> Iterator[pa.RecordBatch]:
    """Parse a csv file.

    The position of a record is its number, counted from 1 behind the header, blank lines apart; a record that did not
    parse counts as one.

    Args:
        file: open at its beginning.
        recognised: how it is written.
        layout: what to build.
        path: the file, for messages.

    Raises:
        RecordTooLong: a record does not end.
    """
    records = _CsvRecords(recognised, layout)
    left = b""
    blocks = _without_lines(utf8_blocks(file, recognised.encoding), recognised.skip)
    for block, is_last in _last_lines_apart(blocks, LONGEST + recognised.footer):
        if is_last:
            yield from records.last_batches(left + block, recognised.footer)
        else:
            left = yield from records.batches(left + block)
            if len(left) > LONGEST_RECORD:
                raise RecordTooLong(path)


def _without_lines(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """The blocks less the first lines."""
    begun = b""
    while count:
        block = next(blocks, b"")
        begun += block
        ends = list(islice(_LINE_END.finditer(begun), count))
        # A line end at a block's end may be the first half of one.
        if len(ends) == count and ends[-1].end() < len(begun):
            begun = begun[ends[-1].end() :]
            break
        if not block:
            begun = b""
            break
    if begun:
        yield begun
    yield from blocks


def _last_lines_apart(blocks: Iterator[bytes], count: int) -> Iterator[tuple[bytes, bool]]:
    """The blocks less the last lines, and then those."""
    held = b""
    for block in blocks:
        held += block
        start = len(held)
        # One more than asked for, as the last may have no end.
        for _ in range(count + 1):
            start = max(held.rfind(b"\n", 0, start), held.rfind(b"\r", 0, start))
            if start < 0:
                break
        # Lines as long as that are no remarks.
        cut = len(held) if start < 0 and len(held) > LONGEST_RECORD else start + 1
        yield held[:cut], False
        held = held[cut:]
    yield held, True


class _CsvRecords:
    """Counts the records of one file and turns blocks of its text into batches."""

    def __init__(self, recognised: Recognised, layout: Layout) -> None:
        self._dialect = Dialect(recognised.delimiter, recognised.quote, recognised.escape)
        self._encoding = recognised.encoding
        self._columns = recognised.columns
        self._layout = layout
        # The header is record 0, so that the first record behind it is 1.
        self._next = 0 if recognised.header else 1

    def batches(self, data: bytes) -> Generator[pa.RecordBatch, None, bytes]:
        """Yield the whole records of a block that begins with a record; return what is left over."""
        end = whole_records(data, self._dialect, final=False) if data else 0
        if end is None:
            records, left = split_records(kept_text(data, self._encoding), self._dialect, final=False)
            yield from self._one_by_one(records)
            return kept_bytes(left, self._encoding)
        # pyarrow refuses a block of nothing but line ends.
        if _NOT_BLANK.search(data, 0, end):
            yield from self._at_once(pa.py_buffer(data).slice(0, end))
        return data[end:]

    def last_batches(self, data: bytes, footer: int) -> Iterator[pa.RecordBatch]:
        """Yield the last records, without the lines behind the table and with what may be one of them as unparsed."""
        lines = list(StringIO(kept_text(data, self._encoding), newline=""))
        text = "".join(lines[: len(lines) - footer])
        records = split_records(text, self._dialect, final=True)[0]
        header = 1 if self._next == 0 else 0
        found = footnotes([record.fields or [] for record in records[header:]], len(self._columns))
        yield from self._one_by_one(records, no_rows=found.clear + found.unsure)

    def _at_once(self, data: pa.Buffer) -> Iterator[pa.RecordBatch]:
        misfits: list[Any] = []
        table = _read(data, self._dialect, len(self._columns), misfits)
        if misfits and self._layout.ragged:
            text = kept_text(data.to_pybytes(), self._encoding)
            yield from self._one_by_one(split_records(text, self._dialect, final=True)[0])
            return
        counted, good = np.ones((2, table.num_rows + len(misfits)), bool)
        for misfit in misfits:
            good[misfit.number - 1] = False
            counted[misfit.number - 1] = misfit.actual_columns > 1 or bool(misfit.text.strip())
        positions = self._next - 1 + np.cumsum(counted)
        self._next += int(counted.sum())
        columns = [column.chunk(0) if column.num_chunks == 1 else column.combine_chunks() for column in table.columns]
        yield from self._parsed(columns, pa.array(positions[good]))
        records = [misfit for misfit in misfits if counted[misfit.number - 1]]
        yield from self._raws([Raw(int(positions[misfit.number - 1]), misfit.text) for misfit in records])

    def _one_by_one(self, records: Sequence[CsvRecord], no_rows: int = 0) -> Iterator[pa.RecordBatch]:
        """Yield records; of the last so many, blank ones apart, it is not clear whether they are any."""
        doubtful = {id(record) for record in [record for record in records if _is_filled(record)][-no_rows:]}
        doubtful = doubtful if no_rows else set()
        rows: list[list[str]] = []
        positions: list[int] = []
        raws: list[Raw] = []
        for record in records:
            fields, text = record
            # Blanks alone are a value of a single column, and nothing among several.
            if not fields if len(self._columns) == 1 and fields is not None else record.is_blank:
                continue
            fits = fields is not None and (self._layout.ragged or len(fields) == len(self._columns))
            if fields is not None and fits and decoded(text) and id(record) not in doubtful:
                rows.append(fields)
                positions.append(self._next)
            else:
                raws.append(Raw(self._next, text))
            self._next += 1
        columns = [pa.array(column, pa.string()) for column in zip(*_even(rows, len(self._columns)), strict=True)]
        yield from self._parsed(columns, pa.array(positions, pa.int64()))
        yield from self._raws(raws)

    def _parsed(self, columns: Sequence[pa.Array], positions: pa.Array) -> Iterator[pa.RecordBatch]:
        first = 1 if len(positions) and positions[0].as_py() == 0 else 0
        if len(positions) == first:
            return
        names = [*self._columns, *(f"column_{place}" for place in range(len(self._columns) + 1, len(columns) + 1))]
        delivered = {name: column.slice(first) for name, column in zip(names, columns, strict=True)}
        missing = pa.nulls(len(positions) - first, pa.string())
        taken = [delivered.get(name, missing) for name in self._layout.delivered]
        rest = {name: column for name, column in delivered.items() if name not in self._layout.delivered}
        rescued = json_objects(rest) if rest else missing
        yield self._layout.parsed(taken, rescued, positions.slice(first))

    def _raws(self, raws: Sequence[Raw]) -> Iterator[pa.RecordBatch]:
        behind_header = [raw for raw in raws if raw.position > 0]
        if behind_header:
            yield self._layout.raws(behind_header)


def _is_filled(record: CsvRecord) -> bool:
    return any(field.strip() for field in record.fields or [])


def json_objects(columns: dict[str, pa.Array]) -> pa.Array:
    """Write columns as one JSON object a row.

    Args:
        columns: name -> string array, at least one; a null is left out.

    Returns:
        string array, null where a row has nothing.
    """
    if any(column.null_count for column in columns.values()):
        rows = zip(*(column.to_pylist() for column in columns.values()), strict=True)
        return pa.array([_json_object(dict(zip(columns, row, strict=True))) for row in rows], pa.string())
    parts: list[pa.Array | pa.Scalar] = []
    for name, column in columns.items():
        opening = f"{',' if parts else '{'}{json_text(name)}:"
        if pc.any(pc.match_substring_regex(column, r'["\\\x00-\x1f]')).as_py():
            parts += [pa.scalar(opening), pa.array([json_text(value) for value in column.to_pylist()], pa.string())]
        else:
            parts += [pa.scalar(opening + '"'), column, pa.scalar('"')]
    return pc.binary_join_element_wise(*parts, pa.scalar("}"), "")


def _json_object(values: dict[str, str | None]) -> str | None:
    parts = [f"{json_text(name)}:{json_text(value)}" for name, value in values.items() if value is not None]
    return f"{{{','.join(parts)}}}" if parts else None


def _even(rows: Sequence[Sequence[str]], width: int) -> Iterator[Sequence[str | None]]:
    """The rows with nulls in place of the fields that they lack."""
    longest = max([width, *map(len, rows)])
    return ([*row, *[None] * (longest - len(row))] for row in rows)


def _read(data: pa.Buffer, dialect: Dialect, width: int, misfits: list[Any]) -> pa.Table:
    """Parse a block; records with another number of fields go to `misfits`, their number counted from 1."""

    def keep(misfit: Any) -> str:
        misfits.append(misfit)
        return "skip"

    names = [str(number) for number in range(width)]
    return pyarrow.csv.read_csv(
        pa.BufferReader(data),
        # One block for the whole of it: records never straddle two, and numbers count from its beginning.
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=data.size + 1, column_names=names),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=dialect.delimiter or NO_DELIMITER,
            quote_char=dialect.quote or False,
            newlines_in_values=True,
            invalid_row_handler=keep,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    )
