"""XML as it is found and as it is broken, each file with its records, its unparsed texts or its refusal."""

import pytest

from tidemill.formats import decoding, xml_records
from tidemill.formats.contents import EmptyFile
from tidemill.formats.json_paths import NoRecords
from tidemill.formats.xml_shape import DeclaresEntities


@pytest.fixture(params=[1 << 20, 11], ids=["one block", "small blocks"], autouse=True)
def _block(request, monkeypatch):
    monkeypatch.setattr(decoding, "BLOCK_BYTES", request.param)
    monkeypatch.setattr(xml_records, "LOOKED_AT", 80)


PEOPLE = """<?xml version="1.0"?>
<people made="2024-05-01">
  <!-- <person id="0"/> -->
  <person id="1"><name>Ann &amp; Bob</name><address><city>Bonn</city><zip>53111</zip></address></person>
  <person id="2"><name/><tag>a</tag><tag>b</tag><price currency="EUR">29.850</price></person>
  <person id="3"><name><![CDATA[<person>]]></name></person>
  <person id="4"/>
</people>
"""


def test_attributes_and_elements_are_values_by_their_dotted_names(parsed):
    fields = ["id", "name", "address.city", "tag", "price.currency", "price.text"]

    found, rows, raws = parsed("a.xml", PEOPLE, fields=fields)

    assert (found.format, found.records, found.columns) == (
        "xml", "person", ("id", "name", "address", "tag", "price"),
    )  # fmt: skip
    assert [list(row.values()) for row in rows.values()] == [
        ["1", "Ann & Bob", "Bonn", None, None, None, '{"address":{"zip":"53111"}}'],
        ["2", "", None, '["a","b"]', "EUR", "29.850"],
        ["3", "<person>", None, None, None, None],
        ["4", None, None, None, None, None],
    ]
    assert (list(rows), raws) == ([1, 2, 3, 4], {})


@pytest.mark.parametrize(
    ("content", "records", "count"),
    [
        ("<a><row><x>1</x></row><row><x>2</x></row></a>", "row", 2),
        ("<a><head/><data><row><x>1</x></row><row><x>2</x></row><row/></data></a>", "row", 3),
        ("<a><info>1</info><info2/><row><i>1</i><i>2</i></row><row/></a>", "row", 2),
        ("<a><row><x>1</x></row></a>", "row", 1),
        ("<row><x>1</x><y>2</y></row>", "row", 1),
        ("<a><x>1</x><x>2</x></a>", "x", 2),
    ],
)
def test_the_record_element_is_the_most_repeated_below_the_root(parsed, content, records, count):
    found, rows, raws = parsed("a.xml", content)

    assert (found.records, len(rows), raws) == (records, count, {})


def test_the_record_element_can_be_named(parsed):
    content = "<shop><order><id>1</id><line><n>1</n></line><line><n>2</n></line></order><order><line/></order></shop>"

    assert len(parsed("a.xml", content).rows) == 2
    assert [row.get("n") for row in parsed("a.xml", content, records="line").rows.values()] == ["1", "2", None]


def test_an_element_that_is_not_there_is_refused_with_those_that_are(parsed):
    with pytest.raises(NoRecords, match=r"there is no 'row' .*elements: a, x"):
        parsed("a.xml", "<a><x/></a>", records="row")


def test_namespaces_are_known_and_left_out_of_names(parsed):
    content = (
        '<f:feed xmlns:f="urn:f" xmlns="urn:d" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<f:entry f:id="1"><f:name>Ann</f:name><city>Bonn</city></f:entry>'
        '<f:entry f:id="2"><f:name xsi:nil="true"/></f:entry></f:feed>'
    )

    found, rows, _ = parsed("a.xml", content)

    assert (found.records, found.columns) == ("f:entry", ("id", "name", "city"))
    assert [list(row.values()) for row in rows.values()] == [["1", "Ann", "Bonn"], ["2", None, None]]


def test_records_within_records_stay_within_them(parsed):
    content = "<t><node n='1'><node n='2'><node n='3'/></node></node><node n='4'/></t>"

    _, rows, _ = parsed("a.xml", content, fields=["n"])

    assert [row["n"] for row in rows.values()] == ["1", "4"]
    assert rows[1]["_rescued"] == '{"node":{"n":"2","node":{"n":"3"}}}'


@pytest.mark.parametrize(
    ("broken", "raw"),
    [
        ("<p><n>2</p>", "<p><n>2</p>"),
        ("<p><n>2</n>", "<p><n>2</n>"),
        ("<p><n>a & b</n></p>", "<p><n>a & b</n></p>"),
        ("<p><n>&nbsp;</n></p>", "<p><n>&nbsp;</n></p>"),
        ("<p a='1' a='2'/>", "<p a='1' a='2'/>"),
        ("<p><n>\x01</n></p>", "<p><n>\x01</n></p>"),
        ("<p>" + "<d>" * 200 + "</d>" * 200 + "</p>", "<p>" + "<d>" * 200 + "</d>" * 200 + "</p>"),
    ],
)
def test_a_record_that_is_not_well_formed_breaks_alone(parsed, broken, raw):
    _, rows, raws = parsed("a.xml", f"<r><p><n>1</n></p>{broken}<p><n>3</n></p></r>", records="p", fields=["n"])

    assert (rows, raws) == ({1: {"n": "1"}, 3: {"n": "3"}}, {2: raw})


def test_a_file_that_is_cut_keeps_what_is_whole(parsed):
    _, rows, raws = parsed("a.xml", "<r><p><n>1</n></p><p><n>2</n></p><p><n>3</n", records="p", fields=["n"])

    assert (rows, raws) == ({1: {"n": "1"}, 2: {"n": "2"}}, {3: "<p><n>3</n"})


def test_bytes_that_do_not_decode_break_their_record_alone(parsed):
    content = "<r><p><n>é</n></p><p><n>?</n></p><p><n>ü</n></p></r>".encode().replace(b"?", b"\xff")

    _, rows, raws = parsed("a.xml", content, fields=["n"])

    assert (rows, raws) == ({1: {"n": "é"}, 3: {"n": "ü"}}, {2: "<p><n>\\xff</n></p>"})


@pytest.mark.parametrize(
    ("declared", "encoding"), [("ISO-8859-1", "iso8859-1"), ("windows-1252", "cp1252"), ("UTF-8", "utf-8")]
)
def test_the_encoding_is_the_one_that_the_xml_says(parsed, declared, encoding):
    content = f'<?xml version="1.0" encoding="{declared}"?><r><p><n>Zoë</n></p><p><n>süß</n></p></r>'

    found, rows, _ = parsed("a.xml", content.encode(encoding))

    assert found.encoding == encoding
    assert [row["n"] for row in rows.values()] == ["Zoë", "süß"]


def test_utf16_is_read_whatever_the_xml_says(parsed):
    content = '<?xml version="1.0" encoding="UTF-16"?><r><p><n>Zoë</n></p><p/></r>'

    assert parsed("a.xml", content.encode("utf-16"), fields=["n"]).rows[1] == {"n": "Zoë"}


@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://127.0.0.1:1/x.dtd">',
    ],
)
def test_entities_are_refused_in_one_line(parsed, entity):
    with pytest.raises(DeclaresEntities, match=r"a\.xml: the XML declares entities") as told:
        parsed("a.xml", f'<?xml version="1.0"?><!DOCTYPE r [{entity}]><r><p>&b;</p><p>&a;</p></r>')
    assert "\n" not in str(told.value)


def test_a_document_type_elsewhere_is_not_looked_up(parsed):
    content = '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd"><r><p><n>1</n></p><p><n>&x;</n></p></r>'

    _, rows, raws = parsed("a.xml", content)

    assert (len(rows), list(raws)) == (1, [2])


def test_tags_without_end_take_no_time(parsed):
    _, rows, raws = parsed("a.xml", "<r>" + "<p>" * 2_000, records="p")

    assert (len(rows), len(raws)) == (0, 2_000)


def test_a_root_without_anything_in_it_is_an_empty_file(parsed):
    with pytest.raises(EmptyFile, match=r"a\.xml: the file is empty"):
        parsed("a.xml", '<?xml version="1.0"?>\n<rows></rows>\n')


def test_html_is_not_taken_for_records_of_xml(parsed):
    assert parsed("a.txt", "<!DOCTYPE html>\n<html><p>Not found</p></html>\n").found.format == "csv"
