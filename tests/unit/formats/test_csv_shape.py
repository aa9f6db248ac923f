import pytest

from tidemill.formats.csv_shape import HeaderWithoutRows, find_csv_shape, find_dialect
from tidemill.formats.dialect import Dialect
from tidemill.formats.header import column_names, is_header


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("a,b,c\n1,2,3\n4,5,6\n", ","),
        ("a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n", ";"),
        ("1,5;2,5;3,5\n4,5;5,5;6,5\n", ";"),
        ("id\tname\n1\tDoe, John\n2\tRoe, Jane\n", "\t"),
        ("id|time|note\n1|12:30:00|a, b\n2|13:45:10|c, d\n", "|"),
        ("time,value\n12:30:00,1\n12:31:00,2\n", ","),
        ("12:30:00,1\n12:31:00,2\n", ","),
        ("host:port\na:1\nb:2\n", ":"),
        ("a^b\n1^2\n", "^"),
        ("id\x01name\n1\x01x\n", "\x01"),
        ('id,note\n1,"a;b;c"\n2,"d;e;f"\n', ","),
        ('id;note\n1;"a\nb;c"\n2;"d\ne"\n', ";"),
        ("id,name\r1,a\r2,b\r", ","),
        ("name\nAnn\nBob\n", ""),
        ("name\nDoe, John\nRoe, Jane\nPlain\nSimple\nOther\n", ""),
    ],
)
def test_the_delimiter_is_the_one_that_divides_the_lines_alike(sample, delimiter):
    assert find_dialect(sample)[0].delimiter == delimiter


def test_a_few_broken_rows_do_not_hide_the_delimiter():
    assert find_dialect("a;b;c\n1;2;3\n4;5\n6;7;8\n9;10;11;12\n13;14;15\n")[0] == Dialect(";")


def test_fields_in_apostrophes_are_quoted_by_them():
    assert find_dialect("'id','name'\n'1','a,b'\n'2','c'\n")[0] == Dialect(",", "'")


def test_an_apostrophe_in_a_word_quotes_nothing():
    assert find_dialect("id,name\n1,O'Neill\n2,'tis\n3,D'Arcy\n")[0] == Dialect(",", '"')


def test_a_backslash_before_quotes_escapes_them():
    assert find_dialect('id,note\n1,"say \\"hi\\", Bob"\n2,"x"\n')[0] == Dialect(",", '"', "\\")


def test_a_backslash_that_ends_a_quoted_field_escapes_nothing():
    assert find_dialect('id,folder\n1,"C:\\tmp\\"\n2,"D:\\"\n')[0] == Dialect(",", '"', "")


def test_quotes_that_are_never_closed_are_text():
    assert find_dialect('id\theight\n1\t"about 5\n2\t"over 6\n')[0] == Dialect("\t", "")


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["id", "name"], ["1", "Ann"], ["2", "Bob"]], True),
        ([["1", "Ann"], ["2", "Bob"]], False),
        ([["city", "street"], ["Bonn", "Main"], ["Kiel", "High"]], True),
        ([["Bonn", "open"], ["Kiel", "open"], ["Jena", "shut"]], False),
        ([["country", "2019", "2020"], ["DE", "1", "2"], ["FR", "3", "4"]], True),
        ([["at", "value"], ["2024-01-01", ""], ["2024-01-02", "3"]], True),
        ([["2024-01-01", "x"], ["2024-01-02", "y"]], False),
        ([["", "price"], ["0", "9.50"], ["1", "8.25"]], True),
        ([["name", "city"], ["Ann", "Bonn"], ["name", "city"], ["Bob", "Kiel"]], True),
        ([["name", "city"]], True),
        ([["7", "Bonn"]], False),
    ],
)
def test_the_first_record_is_a_header_where_it_differs_from_the_rest(rows, header):
    assert is_header(rows) is header


def test_blank_and_repeated_column_names_become_names_of_their_own():
    assert column_names([" id ", "", "city", "city", "city_2", "city"], 7) == (
        "id", "column_2", "city", "city_3", "city_2", "city_4", "column_7",
    )  # fmt: skip


def test_columns_without_a_header_are_numbered():
    shape = find_csv_shape("x.csv", "1,Ann\n2,Bob\n", whole=True)

    assert (shape.header, shape.columns) == (False, ("column_1", "column_2"))


def test_a_header_without_rows_is_refused():
    with pytest.raises(HeaderWithoutRows, match=r"x\.csv: the file holds a header \(id, name\) and no rows"):
        find_csv_shape("x.csv", "id,name\r\n\r\n", whole=True)


def test_one_row_of_values_is_a_row():
    assert find_csv_shape("x.csv", "7,Ann", whole=True).columns == ("column_1", "column_2")


def test_a_last_line_cut_by_the_end_of_the_head_does_not_count():
    shape = find_csv_shape("x.csv", "id,name,city\n1,Ann,Bonn\n2,B", whole=False)

    assert shape.columns == ("id", "name", "city")
