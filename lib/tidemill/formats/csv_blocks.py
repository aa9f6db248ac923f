"""Find where the last whole record of a block of csv ends, and whether its quotes can be relied on."""

import numpy as np
import numpy.typing as npt

from tidemill.formats.csv_text import NO_DELIMITER
from tidemill.formats.dialect import Dialect

_MARK = "\ufeff".encode()
_LF, _CR = 0x0A, 0x0D


def whole_records(data: bytes, dialect: Dialect, *, final: bool) -> int | None:
    """Find the end of the last whole record of a block that begins with one.

    With well-formed quotes every second one opens a field and the others close it (a doubled quote closes and opens
    again), so counting them tells which line ends lie between records.

    Args:
        data: a block of delimited text in UTF-8.
        dialect: how it is written.
        final: whether the file ends with this block.

    Returns:
        How many bytes are whole records; None where a quote stands inside a field, a byte did not decode, or the
        dialect has what pyarrow's parser has not.
    """
    delimiter = (dialect.delimiter or NO_DELIMITER).encode()
    if dialect.escape or len(delimiter) > 1 or data.startswith(_MARK):
        return None
    view = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(view == ord(dialect.quote)) if dialect.quote else np.empty(0, np.int64)
    end = len(data) if final else _last_boundary(data, quotes)
    inside = quotes[: int(np.searchsorted(quotes, end))]
    return end if _decodes(data[:end]) and _well_formed(view, inside, delimiter[0]) else None


def _decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _last_boundary(data: bytes, quotes: npt.NDArray[np.int64]) -> int:
    end = len(data)
    while end > 0:
        line_end = max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end))
        before = int(np.searchsorted(quotes, line_end))
        if before % 2 == 0:
            return line_end + 1
        end = int(quotes[before - 1])
    return 0


def _well_formed(view: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64], delimiter: int) -> bool:
    if len(quotes) % 2:
        return False
    if not len(quotes):
        return True
    edges = np.array([delimiter, _LF, _CR, view[quotes[0]]], np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    before = view[opening[opening > 0] - 1]
    behind = view[closing[closing < len(view) - 1] + 1]
    return bool(np.isin(before, edges).all() and np.isin(behind, edges).all())
