"""Open an Excel workbook (xlsx) within bounds: it is a zip of XML, and a few bytes of it can ask for any memory."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import IO, Any, BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from tidemill.errors import RunFailed
from tidemill.formats.compression import DAMAGE, EncryptedArchive
from tidemill.formats.location import shown_path
from tidemill.formats.plain_values import moment_text

# A sheet is held in memory while it is read, at some 32 bytes a cell.
LARGEST_WORKBOOK = 512 << 20
MOST_CELLS = 20_000_000
_COPIED_BYTES = 1 << 20
_ENCRYPTED = 0x1
# Where a cell or a row says that it stands: the reader makes room for all cells up to there.
_PLACE = re.compile(rb"<(?:[^\s<>/:]+:)?(?:c|row)\s[^<]*?\br\s*=\s*[\"']([^\"'<]*)")
_ADDRESS = re.compile(rb"([A-Za-z]{0,3})(\d{1,7})")
_LONGEST_TAG = 1 << 10
_EXACT = 1 << 53


class DamagedWorkbook(RunFailed):
    """A workbook cannot be read."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the workbook is cut short or damaged ({reason}). Open it in a spreadsheet program, "
            "save it as xlsx, and deliver that; or deliver it as csv."
        )


class WorkbookTooLarge(RunFailed):
    """A workbook would take more memory than is given to one."""

    def __init__(self, uri: str, found: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the workbook has {found}. Expected up to {LARGEST_WORKBOOK >> 20} MiB unpacked and "
            f"{MOST_CELLS} cells a sheet; deliver it as csv or Parquet."
        )


class EmptyWorkbook(RunFailed):
    """No sheet of a workbook holds anything."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"{shown_path(uri)}: no sheet of the workbook holds a value. Deliver it again, or remove it.")


@contextmanager
def opened_sheet(file: BinaryIO, uri: str, name: str = "") -> Iterator[CalamineSheet]:
    """Open a sheet of a workbook.

    Args:
        file: can be sought in.
        uri: the file, for messages.
        name: the sheet's; empty for the first that holds a value, the visible ones before the hidden.

    Raises:
        DamagedWorkbook, WorkbookTooLarge, EmptyWorkbook, EncryptedArchive: it is not read.
    """
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as copy:
        try:
            _copy_bounded(file, copy, uri)
            with CalamineWorkbook.from_path(copy.name) as workbook:
                yield _sheet(workbook, uri, name)
        except (CalamineError, *DAMAGE) as error:
            raise DamagedWorkbook(uri, " ".join(str(error).split())[:120] or type(error).__name__) from None


def texts(row: list[Any]) -> list[str]:
    """A row's cells as people see them: dates in ISO, whole numbers without .0, nothing for blanks and errors."""
    return [cell if isinstance(cell, str) else _text(cell) for cell in row]


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        # A spreadsheet shows and keeps fifteen digits; the rest is what binary fractions add.
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else f"{cell:.15g}"
    if isinstance(cell, datetime | date | time | timedelta):
        return moment_text(cell)
    return "" if cell is None else str(cell)


def _copy_bounded(file: BinaryIO, copy: IO[bytes], uri: str) -> None:
    """Write what the archive really holds into one that is not compressed, so that its reader meets no surprise."""
    left = LARGEST_WORKBOOK
    with ZipFile(file) as archive, ZipFile(copy, "w") as written:
        for member in {member.filename: member for member in archive.infolist()}.values():
            if member.flag_bits & _ENCRYPTED:
                raise EncryptedArchive(uri)
            # Pictures and macros are not read.
            if member.filename.endswith((".xml", ".rels")):
                left -= _copy_member(archive, member, written, left, uri)
    copy.flush()


def _copy_member(archive: ZipFile, member: ZipInfo, written: ZipFile, left: int, uri: str) -> int:
    size = rows = columns = 0
    before = b""
    with archive.open(member) as content, written.open(member.filename, "w") as target:
        while data := content.read(_COPIED_BYTES):
            size += len(data)
            if size > left:
                raise WorkbookTooLarge(uri, f"more than {LARGEST_WORKBOOK >> 20} MiB unpacked")
            for place in _PLACE.findall(before + data):
                address = _ADDRESS.fullmatch(place)
                if address is None:
                    raise BadZipFile(f"a cell at {place[:20].decode('ascii', 'backslashreplace')}")
                rows, columns = max(rows, int(address[2])), max(columns, _number(address[1]))
            if b"\x00" in data or rows * max(columns, 1) > MOST_CELLS:
                raise WorkbookTooLarge(uri, f"a sheet of {rows} rows and {columns} columns")
            before = data[-_LONGEST_TAG:]
            target.write(data)
    return size


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _sheet(workbook: CalamineWorkbook, uri: str, name: str) -> CalamineSheet:
    if name:
        return workbook.get_sheet_by_name(name)
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    for sheet in sorted(sheets, key=lambda each: each.visible != SheetVisibleEnum.Visible):
        found = workbook.get_sheet_by_name(sheet.name)
        if found.height and any(any(texts(row)) for row in found.iter_rows()):
            return found
    raise EmptyWorkbook(uri)
