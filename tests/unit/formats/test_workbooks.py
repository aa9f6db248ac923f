"""Workbooks as they are found and as they are broken, each with its rows, its unparsed rows or its refusal."""

import gzip
import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from tidemill.formats import workbook
from tidemill.formats.compression import EncryptedArchive
from tidemill.formats.contents import UnknownContent
from tidemill.formats.csv_shape import HeaderWithoutRows
from tidemill.formats.workbook import DamagedWorkbook, EmptyWorkbook, WorkbookTooLarge


def xlsx(*rows, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, content in {**sheets, **({"Data": rows} if rows else {})}.items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def repacked(content, **changes):
    """The workbook with the members changed whose names end so."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            for ending, change in changes.items():
                data = change(data) if ending in name else data
            new.writestr(name, data)
    return written.getvalue()


TABLE = (["id", "name"], [1, "Ann"], [2, None], [3, "Cid"])


def test_cells_are_written_as_people_see_them(parsed):
    cells = [7, 1.50, 0.1 + 0.2, 1e20, datetime(2024, 3, 31, 2, 30), date(2024, 3, 31), time(2, 30), True]
    content = xlsx([*"abcdefgh", "i"], [*cells, timedelta(hours=30)])

    found, rows, _ = parsed("a.xlsx", content)

    assert (found.format, found.records, found.header) == ("xlsx", "Data", True)
    assert list(rows[2].values()) == [
        "7", "1.5", "0.3", "1e+20", "2024-03-31 02:30:00", "2024-03-31", "02:30:00", "true", "30:00:00",
    ]  # fmt: skip


def test_the_position_is_the_row_of_the_sheet_and_blank_rows_are_none(parsed):
    found, rows, raws = parsed("a.xlsx", xlsx(*TABLE[:2], [], *TABLE[2:]))

    assert found.columns == ("id", "name")
    assert rows == {2: {"id": "1", "name": "Ann"}, 4: {"id": "2", "name": None}, 5: {"id": "3", "name": "Cid"}}
    assert raws == {}


def test_the_first_sheet_that_holds_a_value_is_taken(parsed):
    found, rows, _ = parsed("a.xlsx", xlsx(Empty=[], Blank=[["", None]], People=TABLE, Other=[["x"], [1]]))

    assert (found.records, len(rows), found.why[0]) == ("People", 3, "sheet 'People'")


def test_what_stands_around_the_table_is_left_out_and_told(parsed):
    before = [["Report of sales"], ["made on 2024-05-01"], []]
    table = [["city", "n", "m"], ["Bonn", 1, 4], ["Kiel", 2, 5], ["Ulm", 3, 6]]
    behind = [["Total", None, 15], [], ["Source: the town hall"]]

    found, rows, raws = parsed("a.xlsx", xlsx(*before, *table, *behind))

    assert (found.skip, found.footer, found.columns) == (3, 3, ("city", "n", "m"))
    assert ([row["city"] for row in rows.values()], list(rows), raws) == (["Bonn", "Kiel", "Ulm"], [5, 6, 7], {})


def test_two_header_rows_become_one(parsed):
    content = xlsx([None, "2023", None, "2024", None], ["Region", "A", "B", "A", "B"], ["N", 1, 2, 3, 4])

    found, rows, _ = parsed("a.xlsx", content)

    assert found.columns == ("Region", "2023 A", "2023 B", "2024 A", "2024 B")
    assert list(rows) == [3]


def test_a_row_with_a_value_right_of_the_table_did_not_parse(parsed):
    content = xlsx(["id", "name"], *([n, "x"] for n in range(20)), [20, "y", None, "remark"], [21, "z"])

    found, rows, raws = parsed("a.xlsx", content)

    assert (found.columns, len(rows)) == (("id", "name"), 21)
    assert raws == {22: '["20","y","","remark"]'}


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_workbook_behind_a_compression_is_read(parsed, kind):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.xlsx", xlsx(*TABLE))
    content = gzip.compress(xlsx(*TABLE)) if kind == "gzip" else written.getvalue()

    found, rows, _ = parsed("a.bin", content)

    assert (found.format, found.compression, len(rows)) == ("xlsx", kind, 3)


def test_an_empty_workbook_and_a_header_alone_are_refused(parsed):
    with pytest.raises(EmptyWorkbook, match=r"a\.xlsx: no sheet of the workbook holds a value"):
        parsed("a.xlsx", xlsx(Empty=[]))
    with pytest.raises(HeaderWithoutRows, match="a header"):
        parsed("a.xlsx", xlsx(["id", "name"]))


WHOLE = xlsx(*TABLE)
SHEET = b"xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "content",
    [
        repacked(WHOLE, sheet1=lambda data: data[:100]),
        repacked(WHOLE, **{"workbook.xml": lambda data: b"<"}),
        repacked(WHOLE, sheet1=lambda data: data.replace(b'r="A2"', b'r="&#65;2"')),
        WHOLE[: WHOLE.index(SHEET) + 60] + bytes(20) + WHOLE[WHOLE.index(SHEET) + 80 :],
    ],
)
def test_a_damaged_workbook_is_refused_in_one_line(parsed, content):
    with pytest.raises(DamagedWorkbook, match=r"a\.xlsx: the workbook is cut short or damaged \(") as told:
        parsed("a.xlsx", content)
    assert "\n" not in str(told.value)


def test_a_cut_workbook_is_refused_as_a_cut_zip(parsed):
    with pytest.raises(Exception, match=r"a\.xlsx: the zip is cut short or damaged"):
        parsed("a.xlsx", WHOLE[:-30])


@pytest.mark.parametrize("place", [b"XFD1048576", b"A99999999"])
def test_a_cell_far_away_asks_for_no_memory(parsed, place):
    content = repacked(WHOLE, sheet1=lambda data: data.replace(b'r="B4"', b'r="' + place + b'"'))

    with pytest.raises((WorkbookTooLarge, DamagedWorkbook), match=r"a\.xlsx: "):
        parsed("a.xlsx", content)


def test_a_workbook_that_unpacks_without_end_is_refused(parsed, monkeypatch):
    monkeypatch.setattr(workbook, "LARGEST_WORKBOOK", 4 << 20)
    content = repacked(WHOLE, sheet1=lambda data: data + b" " * (8 << 20))

    with pytest.raises(WorkbookTooLarge, match=r"the workbook has more than 4 MiB unpacked.*deliver it as csv"):
        parsed("a.xlsx", content)


def test_encrypted_and_old_workbooks_are_refused_as_what_they_are(parsed):
    office = b"\xd0\xcf\x11\xe0" + bytes(600)

    with pytest.raises(UnknownContent, match="an encrypted workbook"):
        parsed("a.xlsx", office + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(UnknownContent, match=r"old Office \(xls\)"):
        parsed("a.xls", office)


def test_a_document_that_is_no_workbook_is_refused(parsed):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<x/>")

    with pytest.raises(UnknownContent, match="a document of an office program"):
        parsed("a.docx", written.getvalue())


def test_a_password_on_the_archive_is_told(parsed):
    packed = bytearray(WHOLE)
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(header) + flags] |= 1

    with pytest.raises(EncryptedArchive):
        parsed("a.xlsx", bytes(packed))
