"""What stands around a csv's table, each file with the rows, the unparsed texts and what is told of them."""

import gzip

import pytest

from tidemill.formats import decoding
from tidemill.formats.footnotes import Footnotes, footnotes

TABLE = "city;n;m\nBonn;1;4\nKiel;2;5\nUlm;3;6\n"


@pytest.fixture(params=[1 << 20, 11], ids=["one block", "small blocks"], autouse=True)
def _block(request, monkeypatch):
    monkeypatch.setattr(decoding, "BLOCK_BYTES", request.param)


@pytest.mark.parametrize(
    ("behind", "footer"),
    [
        ("Total;;15\n", 1),
        ("Summe:;6;\r\n", 1),
        ("Grand total;;15", 1),
        ("Source: the town hall\n", 1),
        ("Source: the town hall;;\n", 1),
        ("* preliminary\n** estimated\n", 2),
        ("(3 rows)\n", 1),
        ("\nThis is how it was counted\nand by whom\n\n", 3),
        ("Total;;15\n\nSource: the town hall\n", 3),
        (";;\nTotal;;15\n;;\n", 2),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_is_clearly_behind_the_table_is_left_out_and_told(parsed, behind, footer, encoding):
    found, rows, raws = parsed("a.csv", (TABLE + behind).encode(encoding))

    assert found.footer == footer
    assert f"{footer} lines behind the table" in found.why
    # A row of blanks before a sum stays a record.
    assert [row["city"] for row in rows.values() if row["city"]] == ["Bonn", "Kiel", "Ulm"]
    assert raws == {}


@pytest.mark.parametrize(
    ("behind", "raw"),
    [
        ("1234\n", "1234"),
        ("Bre", "Bre"),
        ("Total\n", "Total"),
        ("Bremen;7\n", "Bremen;7"),
        ("Source: a; b\n", "Source: a; b"),
    ],
)
def test_what_may_be_a_broken_row_goes_to_quarantine(parsed, behind, raw):
    found, rows, raws = parsed("a.csv", TABLE + behind)

    assert (found.footer, len(rows), raws) == (0, 3, {4: raw})


def test_a_sum_that_may_be_a_row_goes_to_quarantine(parsed):
    content = "id;n;m\n1;2;3\n4;;6\n7;8;9\nTotal;10;18\n"

    found, rows, raws = parsed("a.csv", content)

    assert (found.footer, len(rows), raws) == (0, 3, {4: "Total;10;18"})


def test_a_row_that_is_named_like_a_sum_among_names_is_a_row(parsed):
    found, rows, raws = parsed("a.csv", "company;country;n\nShell;GB;1\nEni;IT;2\nRepsol;ES;4\nTotal;FR;3\n")

    assert (found.footer, len(rows), raws) == (0, 4, {})


def test_lines_before_a_table_do_not_hide_the_sum_behind_it(parsed):
    found, rows, raws = parsed("a.csv", "Report;;\n;;\n" + TABLE + "Total;;15\n")

    assert (found.skip, found.footer, len(rows), raws) == (2, 1, 3, {})


@pytest.mark.parametrize("end", ["#5;;\n", "Ulm;;\n", "x;y;z\n", ";;\n"])
def test_a_row_at_the_end_is_no_footnote(parsed, end):
    found, rows, _ = parsed("a.csv", TABLE + end)

    assert (found.footer, len(rows)) == (0, 4)


def test_the_end_of_a_large_compressed_file_is_told_when_it_is_reached(parsed):
    content = "city;n;m\n" + "Bonn;1;4\n" * 8_000 + "Total;;15\nSource: me\n"

    found, rows, raws = parsed("a.csv.gz", gzip.compress(content.encode()))

    assert (found.footer, len(rows)) == (0, 8_000)
    assert raws == {8_001: "Total;;15", 8_002: "Source: me"}


def test_the_end_of_a_large_file_is_looked_at(parsed):
    content = "city;n;m\n" + "Bonn;1;4\n" * 8_000 + "Total;;15\nSource: me\n"

    found, rows, raws = parsed("a.csv", content)

    assert (found.footer, len(rows), raws) == (2, 8_000, {})


def test_one_column_has_no_footnote():
    assert footnotes([["a"], ["b"], ["Source: x"]], 1) == Footnotes(0, 0)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (
            ";2023;;2024;\nRegion;Sales;Cost;Sales;Cost\n",
            ["Region", "2023 Sales", "2023 Cost", "2024 Sales", "2024 Cost"],
        ),
        ("a;b;c;d;e\n;[kg];[m];;(EUR)\n", ["a", "b [kg]", "c [m]", "d", "e (EUR)"]),
    ],
)
def test_two_header_rows_become_one_where_that_is_clear(parsed, header, columns):
    found, rows, raws = parsed("a.csv", f"{header}N;1;2;3;4\nS;5;6;7;8\n")

    assert (list(found.columns), found.skip, found.header) == (columns, 1, True)
    assert "header of two rows" in found.why
    assert list(rows[2].values()) == ["S", "5", "6", "7", "8"]
    assert (list(rows), raws) == ([1, 2], {})


@pytest.mark.parametrize(
    "content",
    [
        "name;city\nAnn;Bonn\nBob;Kiel\nCid;Ulm\n",
        "name;n\nAnn;\nBob;2\nCid;3\n",
        "a;b;c\nx;;x\n1;2;3\n4;5;6\n",
        "id;unit;n\n1;(kg);2\n2;(m);3\n",
    ],
)
def test_a_first_row_of_the_table_is_no_second_header(parsed, content):
    found, _, _ = parsed("a.csv", content)

    assert (found.skip, "header of two rows" in found.why) == (0, False)


def test_a_wide_file_keeps_its_columns(parsed):
    names = [f"column {place}" for place in range(5000)]
    row = [str(place) for place in range(5000)]

    found, rows, raws = parsed("a.csv", "\n".join(",".join(line) for line in [names, row, row, row[:-1], row]))

    assert (len(found.columns), len(rows), list(raws)) == (5000, 3, [3])
    assert list(rows[4].values()) == row


def test_a_one_column_file_keeps_every_line(parsed):
    found, rows, raws = parsed("a.csv", "name\nAnn\nBob, the second\n\nTotal\nSource: x\n")

    assert (found.columns, len(rows), raws) == (("name",), 4, {})


def test_mixed_line_ends_quotes_and_ragged_rows_come_out_each_as_what_it_is(parsed):
    content = 'id,name,\r\n1,"a ""b""\nc",x\n2,d\r3,e,f,g\n4,h"i,j\r\n5,"k"l,m\n6,n,o\n'

    found, rows, raws = parsed("a.csv", content)

    assert found.columns == ("id", "name", "column_3")
    assert [list(row.values()) for row in rows.values()] == [
        ["1", 'a "b"\nc', "x"], ["4", 'h"i', "j"], ["6", "n", "o"],
    ]  # fmt: skip
    assert raws == {2: "2,d", 3: "3,e,f,g", 5: '5,"k"l,m'}


def test_blank_and_repeated_names_are_told_apart(parsed):
    found, rows, _ = parsed("a.csv", "id,,name,name,\n1,2,3,4,5\n6,7,8,9,10\n")

    assert found.columns == ("id", "column_2", "name", "name_2", "column_5")
    assert list(rows[2].values()) == ["6", "7", "8", "9", "10"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "latin-1", "utf-8-sig", "utf-16"])
def test_a_record_that_does_not_decode_is_alone_in_being_kept_as_it_is(parsed, encoding):
    content = "id;größe\n1;süß\n2;naïve\n3;Zoë\n".encode(encoding)

    found, rows, raws = parsed("a.csv", content)

    assert (found.encoding, found.columns) == (encoding, ("id", "größe"))
    assert ([row["größe"] for row in rows.values()], raws) == (["süß", "naïve", "Zoë"], {})


def test_bytes_that_do_not_decode_behind_the_head_are_kept_escaped(parsed):
    content = b"id,name\n" + b"1,Ann\n" * 12_000 + b"2,B\xff\xfeb\n3,\xc3\xa9\n"

    _, rows, raws = parsed("a.csv", content)

    assert (len(rows), raws) == (12_001, {12_001: "2,B\\xff\\xfeb"})
    assert rows[12_002] == {"id": "3", "name": "é"}
