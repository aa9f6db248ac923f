"""A csv file that is written like one that was looked at before is read like it, and no other is."""

import pytest

from tidemill.formats.csv_alike import csv_shape_like
from tidemill.formats.csv_shape import find_csv_shape

HEADER = "id;city;price\n"
PLAIN = HEADER + "1;Bonn;2,50\n2;Kiel;3,00\n"


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "3;Jena;1,00\n",
        HEADER + '3;"Jena; ""Ost""";1,00\n4;Ulm;2,00\n',
        HEADER + '3;"Jena; Ost";1,00\n4;Ulm;2,00\n',
        HEADER + "3;Jena\n4;Ulm;2,00\n5;Kiel;1,00\n",
        HEADER + "3;Jena;1,00\n4;Ulm;2,00\nSource: the office\n",
        HEADER + "3;Jena;1,00\n4;Ulm;2,00\nTotal;;3,00\n",
        HEADER + "3;L'Isle;1,00\n4;Ulm;2,00\n",
        "A report of May\n\n" + PLAIN,
        "id,city\n1,Bonn\n2,Kiel\n",
        "1;Bonn;2,50\n2;Kiel;3,00\n",
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_known_file_changes_nothing_about_what_another_is(text, whole):
    known = {}
    csv_shape_like(known, "file:///a.csv", PLAIN, whole=True)
    assert list(known) == [HEADER]

    found = csv_shape_like(known, "file:///b.csv", text, whole=whole, tail="" if whole else text)

    expected = find_csv_shape("file:///b.csv", text, whole=whole, tail="" if whole else text)
    assert (found.dialect, found.skip, found.footer, found.header, found.columns) == (
        expected.dialect,
        expected.skip,
        expected.footer,
        expected.header,
        expected.columns,
    )


def test_only_plain_files_are_known():
    known = {}
    for text in ("id;city\n1;'Bonn'\n2;Kiel\n", "1;Bonn\n2;Kiel\n", "Report\n\nid;city\n1;Bonn\n2;Kiel\n"):
        csv_shape_like(known, "file:///a.csv", text, whole=True)

    assert known == {}
