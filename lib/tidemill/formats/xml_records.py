"""Parse XML into bronze's layout: each record is cut out of the text and parsed alone, so that it breaks alone."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
from lxml import etree

from tidemill.formats.csv_text import RecordTooLong
from tidemill.formats.decoding import LONGEST_RECORD, decoded, text_blocks
from tidemill.formats.header import unused_name
from tidemill.formats.json_paths import NoRecords
from tidemill.formats.json_records import taken
from tidemill.formats.layout import Layout, Raw, Row
from tidemill.formats.recognised import Recognised
from tidemill.formats.xml_shape import namespaces, nests

# The text of an element that has attributes or other elements too.
TEXT = "text"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_SAMPLE_RECORDS = 100
_DEEPEST = 100
LOOKED_AT = 64 << 10
_ENDS = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}


def xml_batches(file: BinaryIO, recognised: Recognised, layout: Layout, path: str) -> Iterator[pa.RecordBatch]:
    """Parse the records of an XML file. The position of a record is its number, counted from 1.

    Attributes and elements are values by their names, without the prefixes of namespaces; elements that hold others are
    nested, repeated ones a list. A record that is not well-formed is given up alone; one that is not closed up to the
    tag that begins the next.

    Args and errors as `csv_records.csv_batches`.
    """
    records = _XmlRecords(recognised.records)
    left = ""
    for block in text_blocks(file, recognised.encoding):
        left += block
        if records.count == 0 and len(left) < LOOKED_AT:
            # Whether records stand within records is seen in the head.
            continue
        texts, left = records.read(left, final=False)
        if len(left) > LONGEST_RECORD:
            raise RecordTooLong(path)
        yield from layout.batches(records.parsed(texts, layout))
    yield from layout.batches(records.parsed(records.read(left, final=True)[0], layout))
    if not records.count:
        raise NoRecords(path, recognised.records, "The file holds no such element.")


def xml_columns(text: str, name: str) -> tuple[str, ...]:
    """The names that the first records of a text deliver, in the order in which they appear."""
    records = _XmlRecords(name)
    names: dict[str, None] = {}
    for record in islice(records.read(text, final=False)[0], _SAMPLE_RECORDS):
        names.update(dict.fromkeys(records.values(record) or ()))
    return tuple(names)


class _XmlRecords:
    """Cuts the records of one file out of its text, block after block."""

    def __init__(self, name: str) -> None:
        part = re.escape(name)
        self._tag = re.compile(
            rf"<!--|<!\[CDATA\[|<\?|<(?P<close>/?){part}(?=[\s/>])(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*?(?P<empty>/?)>"
        )
        self._parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
        self._name = name
        self._nests: bool | None = None
        self._namespaces: str | None = None
        self.count = 0

    def read(self, text: str, *, final: bool) -> tuple[list[str], str]:
        """The texts of the records in a text that begins outside of one, and the text left over."""
        if self._nests is None:
            self._nests = nests(text[:LOOKED_AT], self._name)
        records: list[str] = []
        start, depth, position = -1, 0, 0
        while tag := self._tag.search(text, position):
            position = tag.end()
            if tag.group() in _ENDS:
                end = text.find(_ENDS[tag.group()], position)
                if end < 0 and not final:
                    return records, text[start if depth else tag.start() :]
                position = max(end, position)
            elif tag["close"]:
                depth -= depth > 0
            else:
                if depth and not self._nests:
                    # The one before is not closed.
                    records.append(text[start : tag.start()])
                    depth = 0
                start = start if depth else self._begun(text, tag.start())
                depth += not tag["empty"]
            if not depth and start >= 0:
                records.append(text[start:position])
                start = -1
            if depth and final and self._nests and not self._tag.search(text, position):
                # From here on, one that is not closed ends where the next begins.
                self._nests, position, depth = False, start, 0
        if depth and final:
            records.append(text[start:])
        return records, "" if final else self._left(text, start if depth else -1, position)

    def parsed(self, texts: list[str], layout: Layout) -> Iterator[Row | Raw]:
        for text in texts:
            self.count += 1
            values = self.values(text) if decoded(text) else None
            if values is None:
                yield Raw(self.count, text)
            else:
                yield Row(self.count, *taken(values, layout.delivered))

    def values(self, text: str) -> dict[str, Any] | None:
        """The values of a record's text by their names; None where it is not well-formed."""
        try:
            record = etree.fromstring(f"<r{self._namespaces or ''}>{text}</r>", self._parser)[0]
            found = _value(record, 0)
        except (etree.XMLSyntaxError, ValueError, IndexError):
            return None
        return found if isinstance(found, dict) else {TEXT: found}

    def _begun(self, text: str, start: int) -> int:
        if self._namespaces is None:
            self._namespaces = namespaces(text, start)
        return start

    def _left(self, text: str, start: int, position: int) -> str:
        if start < 0 and self._namespaces is not None:
            # A tag may be cut.
            start = text.rfind("<", position)
            return text[start:] if start >= 0 else ""
        # Before the first record, the tags above it are kept for the namespaces that they declare.
        return text[max(start, 0) :]


def _value(element: Any, depth: int) -> Any:
    """An element as JSON has it: its text, or an object of its attributes, elements and text; null for xsi:nil."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if element.get(_NIL) in ("true", "1"):
        return None
    pairs = [(etree.QName(name).localname, value) for name, value in element.attrib.items() if name != _NIL]
    texts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            pairs.append((etree.QName(child).localname, _value(child, depth + 1)))
        texts.append(child.tail or "")
    text = "".join(texts)
    if not pairs:
        return text
    members: dict[str, Any] = {}
    attributes = len(element.attrib) - (_NIL in element.attrib)
    repeated: dict[str, list[Any]] = {}
    for place, (name, value) in enumerate(pairs):
        if place < attributes:
            members[unused_name(name, members)] = value
        else:
            repeated.setdefault(name, []).append(value)
    for name, values in repeated.items():
        members[unused_name(name, members)] = values if len(values) > 1 else values[0]
    if text.strip():
        members[unused_name(TEXT, members)] = text
    return members
