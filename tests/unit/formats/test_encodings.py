import codecs

import pytest

from tidemill.formats.encodings import find_encoding

CITIES = "stadt;straße\nKöln;Äußere Kanalstraße\nDüsseldorf;Königsallee\n"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"id,name\n1,Ann\n", "utf-8"),
        (CITIES.encode(), "utf-8"),
        (codecs.BOM_UTF8 + CITIES.encode(), "utf-8-sig"),
        (CITIES.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + CITIES.encode("utf-16-be"), "utf-16"),
        (CITIES.encode("utf-32"), "utf-32"),
        (CITIES.encode("utf-16-le"), "utf-16-le"),
        (CITIES.encode("utf-16-be"), "utf-16-be"),
        (CITIES.encode("latin-1"), "latin-1"),
        ("price\n5 €\n7 €\n".encode("cp1252"), "cp1252"),
    ],
)
def test_an_encoding_is_found_by_looking(head, encoding):
    assert find_encoding(head, b"").name == encoding


def test_cyrillic_letters_are_not_taken_for_western_ones():
    text = "Город,Улица\nМосква,Тверская улица\nКазань,Кремлёвская улица\nСамара,Ленинградская улица\n" * 5  # noqa: RUF001

    found = find_encoding(text.encode("cp1251"), b"")

    assert text.encode("cp1251").decode(found.name) == text


def test_a_character_cut_at_the_end_of_the_head_leaves_utf8_utf8():
    assert find_encoding(("größe " * 20 + "ß").encode()[:-1], b"").name == "utf-8"


def test_one_wrong_byte_among_many_right_ones_leaves_utf8_utf8():
    assert find_encoding("größe,".encode() * 20 + b"\xff\n", b"").name == "utf-8"


def test_the_tail_tells_the_encoding_of_a_head_in_plain_ascii():
    assert find_encoding(b"id,name\n1,Ann\n", "9,Zoë\n".encode("latin-1")).name == "latin-1"


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 4, b"\x00\x01\x02\x03" * 50, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"]
)
def test_bytes_that_are_no_text_have_no_encoding(content):
    assert find_encoding(content, b"") is None
