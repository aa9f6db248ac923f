"""Split delimited text into records, carefully: a broken record is given up alone, not with all that follow."""

import csv
import sys
from dataclasses import replace
from io import StringIO
from itertools import islice
from typing import Any, NamedTuple

from tidemill.errors import RunFailed
from tidemill.formats.decoding import LONGEST_RECORD
from tidemill.formats.dialect import Dialect

# A csv of one column has no delimiter; its parser gets one that no text holds.
NO_DELIMITER = "\x1f"


class CsvRecord(NamedTuple):
    """One record of a delimited text.

    Attributes:
        fields: None where the record's quotes do not match; empty for a blank line.
        text: the record as delivered, with its line end.
    """

    fields: list[str] | None
    text: str

    @property
    def is_blank(self) -> bool:
        """Whether the line holds nothing, or blanks in one field: a row of delimiters is a record, even of tabs."""
        return self.fields is not None and (not self.fields or (len(self.fields) == 1 and not self.text.strip()))


class RecordTooLong(RunFailed):
    """A record has no end within the longest that is read."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path}: a record does not end within {LONGEST_RECORD >> 20} MiB. Expected line ends between records; "
            "check that the file is what its name says, or deliver it with line ends."
        )


def split_records(text: str, dialect: Dialect, *, final: bool) -> tuple[list[CsvRecord], str]:
    """Split a text that begins with a record.

    A record whose quotes do not match is given up after its first line; the next line begins a record again.

    Args:
        text: delimited text.
        dialect: how it is written.
        final: whether the text ends here.

    Returns:
        The complete records, and the text left over (empty where final).
    """
    if len(dialect.delimiter) > 1:
        return _split_by_several(text, dialect, final=final)
    lines = list(StringIO(text, newline=""))
    left = "" if final or not lines or lines[-1].endswith(("\n", "\r")) else lines.pop()
    records: list[CsvRecord] = []
    start = 0
    while start < len(lines):
        reader = csv.reader(islice(lines, start, None), **reader_options(dialect))
        taken = 0
        try:
            for fields in reader:
                first, taken = start + taken, reader.line_num
                end = start + taken
                records.append(CsvRecord(fields, lines[first] if end - first == 1 else "".join(lines[first:end])))
            break
        except csv.Error as error:
            start += taken
            if not final and "unexpected end" in str(error):
                rest = "".join(lines[start:]) + left
                if len(rest) < LONGEST_RECORD:
                    return records, rest
            records.append(CsvRecord(None, lines[start]))
            start += 1
    return records, left


def _split_by_several(text: str, dialect: Dialect, *, final: bool) -> tuple[list[CsvRecord], str]:
    """As `split_records`, for a delimiter of several characters, which stands as one while the text is split."""

    def restored(part: str) -> str:
        return part.replace(NO_DELIMITER, dialect.delimiter)

    single = replace(dialect, delimiter=NO_DELIMITER)
    records, left = split_records(text.replace(dialect.delimiter, NO_DELIMITER), single, final=final)
    # What is left of it in a field stood between quotes.
    return [
        CsvRecord(None if fields is None else [restored(field) for field in fields], restored(line))
        for fields, line in records
    ], restored(left)


def reader_options(dialect: Dialect) -> dict[str, Any]:
    """The dialect in the words of Python's csv module."""
    csv.field_size_limit(sys.maxsize)
    return {
        "delimiter": dialect.delimiter or NO_DELIMITER,
        "quotechar": dialect.quote or None,
        "quoting": csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        "escapechar": dialect.escape or None,
        "strict": True,
    }
