"""Find how a delimited text is written: each delimiter is tried, and the one whose rows agree best is taken."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO

from tidemill.errors import RunFailed
from tidemill.formats.csv_text import CsvRecord, split_records
from tidemill.formats.dialect import Dialect
from tidemill.formats.footnotes import footnotes
from tidemill.formats.header import column_names, is_header
from tidemill.formats.header_rows import merged_header
from tidemill.formats.location import shown_path
from tidemill.formats.preamble import preamble

# In the order of preference where two explain a text equally well.
DELIMITERS = (",", ";", "\t", "|", ":", "^", "~", "\x01")
# Signs that stand twice or thrice, and the mixtures that are in use.
_SEVERAL = re.compile(r"([^\w\s\"'.,\-\\/])\1{1,2}|~\|~|\|~\||\^\|\^|<\|>|<>")
_SAMPLE_LINES = 60
_ACCEPTED = 0.5
# What lines before the table leave of a dialect's score: another dialect may have a place for them.
_BEFORE = 0.75


class HeaderWithoutRows(RunFailed):
    """A csv names its columns and delivers no record."""

    def __init__(self, uri: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"{shown_path(uri)}: the file holds a header ({', '.join(columns)}) and no rows. "
            "Expected at least one record; deliver the file again, or remove it."
        )


@dataclass(frozen=True)
class CsvShape:
    """What was found out about a delimited text; the attributes are those of `Recognised`."""

    dialect: Dialect
    skip: int
    footer: int
    header: bool
    columns: tuple[str, ...]
    why: tuple[str, ...]


def find_csv_shape(uri: str, text: str, *, whole: bool, tail: str = "") -> CsvShape:
    """Find the dialect, the header and the column names of a delimited text.

    Args:
        uri: the file, for messages.
        text: its first lines.
        whole: whether that is all of the file.
        tail: its last lines, the first of them perhaps cut; empty where they cannot be had.

    Raises:
        HeaderWithoutRows: there is one line and it names columns.
    """
    sample = "".join(_whole_lines(text, whole=whole)[:_SAMPLE_LINES])
    dialect, why = find_dialect(sample)
    records = _records(sample, dialect)
    before = preamble([record.fields or [] for record in records])
    skip = _lines_before(sample, dialect, before) if before else 0
    rows = [record.fields for record in records[before:] if record.fields]
    width = _width(rows)
    merged = merged_header(rows)
    header = merged is not None or is_header(rows)
    if header and whole and len(records) == before + 1:
        raise HeaderWithoutRows(uri, column_names(rows[0], len(rows[0])))
    columns = column_names(merged or (rows[0] if header else []), width)
    behind = "".join(list(StringIO(text, newline=""))[skip:]) if whole else tail
    footer = lines_behind(behind, dialect, width)
    reasons = [why, f"{width} fields a record", "header" if header else "no header"]
    reasons += [f"{skip} lines before the table"] if skip else []
    if merged:
        skip = _lines_before(sample, dialect, before + 1)
        reasons[2] = "header of two rows"
    reasons += [f"{footer} lines behind the table"] if footer else []
    return CsvShape(dialect, skip, footer, header, columns, tuple(reasons))


def find_dialect(sample: str) -> tuple[Dialect, str]:
    """Find the dialect whose records agree best on their number of fields.

    Args:
        sample: whole lines, from the first on.

    Returns:
        The dialect, and why it is taken.
    """
    dialects = [_quoted_dialect(sample, mark) for mark in _candidates(sample)]
    scores = [round(_score(sample, dialect), 3) for dialect in dialects]
    if max(scores, default=0) < _ACCEPTED:
        return _quoted_dialect(sample, ""), "no delimiter divides its lines alike"
    # The first of equals, as the candidates are in the order of preference.
    best = dialects[scores.index(max(scores))]
    return best, f"delimiter {best.delimiter!r} divides its lines alike"


def _whole_lines(text: str, *, whole: bool) -> list[str]:
    lines = list(StringIO(text, newline=""))
    return lines if whole or len(lines) == 1 else lines[:-1]


def _candidates(sample: str) -> list[str]:
    lines = [line for line in sample.splitlines() if line.strip()]
    several = dict.fromkeys(found.group() for line in lines[:5] for found in _SEVERAL.finditer(line))
    # Fields of several lines leave most lines without a delimiter, but not the first. A delimiter of several characters
    # comes before the one that it is made of, by which its lines divide alike too.
    return [
        mark
        for mark in (*several, *DELIMITERS)
        if mark in lines[0] or sum(mark in line for line in lines) * 2 >= len(lines)
    ]


def _lines_before(sample: str, dialect: Dialect, count: int) -> int:
    """How many lines stand before the record that follows these many records which are not blank."""
    lines = 0
    for record in split_records(sample, dialect, final=True)[0]:
        if not count and not record.is_blank:
            break
        count -= not record.is_blank
        lines += len(StringIO(record.text, newline="").readlines())
    return lines


def lines_behind(text: str, dialect: Dialect, width: int) -> int:
    """How many lines stand behind the table's last record."""
    # Lines enough for what may stand there and for rows to compare it with.
    lines = list(StringIO(text, newline=""))[-4 * _SAMPLE_LINES :]
    records = split_records("".join(lines), dialect, final=True)[0]
    notes = footnotes([record.fields or [] for record in records], width).clear
    count = 0
    while notes:
        last = records.pop()
        count += len(StringIO(last.text, newline="").readlines())
        notes -= any(field.strip() for field in last.fields or [])
    return count


# The sample of one file is split the same way several times, then never again.
@lru_cache(maxsize=8)
def _records(sample: str, dialect: Dialect) -> list[CsvRecord]:
    return [record for record in split_records(sample, dialect, final=True)[0] if not record.is_blank]


def _width(rows: Sequence[Sequence[str]]) -> int:
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def _score(sample: str, dialect: Dialect) -> float:
    """The share of records with the usual number of fields, less where fields look as if they were not split yet."""
    records = _records(sample, dialect)
    before = preamble([record.fields or [] for record in records])
    rows = [record.fields for record in records[before:] if record.fields]
    width = _width(rows)
    if width < 2:
        return 0.0
    agreeing = sum(len(row) == width for row in rows) / len(records[before:]) * (_BEFORE if before else 1)
    if len(rows[0]) == 1:
        agreeing /= 2
    signs = {";", "\t", "|", "\x01"} | ({","} if dialect.delimiter in (":", "^", "~") else set())
    signs = signs - {dialect.delimiter} | ({dialect.delimiter[0]} if len(dialect.delimiter) > 1 else set())
    unsplit = re.compile(f"[{re.escape(''.join(sorted(signs)))}]")
    fields = [field.replace(dialect.delimiter, "") for row in rows[:50] for field in row]
    if unsplit.search("\n".join(fields)):
        agreeing *= 1 - 0.5 * sum(bool(unsplit.search(field)) for field in fields) / len(fields)
    return agreeing


def _quoted_dialect(sample: str, delimiter: str) -> Dialect:
    """Add to a delimiter the quote and the escape under which the fewest records break, the usual ones first."""
    usual = Dialect(delimiter)
    marks = _quotes_in_use(sample, delimiter)
    choices = [Dialect(delimiter, mark) for mark in marks] or [usual]
    choices += [Dialect(delimiter, mark, "\\") for mark in marks or ['"'] if "\\" + mark in sample]
    if not marks and '"' in sample and _misfits(sample, usual) > 1:
        choices.append(Dialect(delimiter, ""))
    return min(choices, key=lambda choice: _misfits(sample, choice)) if len(choices) > 1 else choices[0]


def _quotes_in_use(sample: str, delimiter: str) -> list[str]:
    """The quotes that fields stand in, the likelier one first; apostrophes only where no quotation marks are used."""
    edge = re.escape(delimiter) or "$"
    quoted = {
        mark: len(re.findall(rf"(?:^|{edge}){mark}[^{mark}]*{mark}(?={edge}|\r?$)", sample, re.MULTILINE))
        for mark in ('"', "'")
        if mark in sample
    }
    if quoted.get('"') or not quoted.get("'"):
        return ['"'] if quoted.get('"') else []
    return ["'", '"'] if quoted["'"] * 2 >= sample.count("\n") else ['"', "'"]


def _misfits(sample: str, dialect: Dialect) -> int:
    records = _records(sample, dialect)
    width = _width([record.fields for record in records if record.fields])
    return sum(record.fields is None or len(record.fields) != width for record in records)
