"""Tell XML from other text, and find the element that its records are."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tidemill.errors import RunFailed
from tidemill.formats.json_paths import NoRecords
from tidemill.formats.location import shown_path

# Comments, processing instructions, CDATA and declarations, or a tag with its attributes.
TAG = re.compile(
    r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|<![A-Za-z][^>\[]*(?:\[.*?\]\s*)?>|"
    r"<(?P<close>/?)(?P<name>[^\s<>/!?=\"'&]+)(?P<attributes>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*?)(?P<empty>/?)>",
    re.DOTALL,
)
_OPENS = re.compile(r"\s*<(\?xml[\s?]|!DOCTYPE\s|!--|[A-Za-z_][\w.:\-]*[\s/>])")
_KNOWN_ENCODING = re.compile(
    r"(utf-?8|(us-)?ascii|iso-?8859|latin|windows-|cp|koi8|euc|shift|gb|big5|mac)", re.IGNORECASE
)
_ENCODING = re.compile(r"<\?xml[^>]*\sencoding\s*=\s*[\"']([A-Za-z][\w.\-]*)[\"']")
_ENTITY = re.compile(r"<!ENTITY\s")
_HTML = re.compile(r"\s*(<!--.*?-->\s*)*<(!DOCTYPE\s+html\b|html[\s>])", re.IGNORECASE | re.DOTALL)
_NAMESPACE = re.compile(r"\sxmlns(?::[^\s=]+)?\s*=\s*(?:\"[^\"]*\"|'[^']*')")


class DeclaresEntities(RunFailed):
    """An XML file says what to put for names of its own, by which a few bytes become any number."""

    def __init__(self, uri: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the XML declares entities, which are not read as they can grow without end or name "
            "other files. Deliver it without <!ENTITY ...>."
        )


@dataclass(frozen=True)
class XmlShape:
    """What was found out about an XML text; the attributes are those of `Recognised`."""

    records: str
    why: tuple[str, ...]


class _Element(NamedTuple):
    name: str
    depth: int
    parent: str


def is_xml(text: str) -> bool:
    """Whether a text begins as XML does, and not as HTML."""
    return bool(_OPENS.match(text)) and not _HTML.match(text)


def declared_encoding(head: bytes) -> str | None:
    """The encoding that an XML declaration in ASCII names, where Python knows it."""
    found = _ENCODING.match(head[:200].decode("latin-1").lstrip())
    try:
        return codecs.lookup(found[1]).name if found and _KNOWN_ENCODING.match(found[1]) else None
    except LookupError:
        return None


def find_xml_shape(uri: str, text: str, records: str, *, whole: bool) -> XmlShape:
    """Find the element that the records are.

    It is the one that is repeated most among those nearest below the root; where nothing is repeated, the first below
    the root that holds others, or else the root.

    Args:
        uri: the file, for messages.
        text: its first characters.
        records: the element's name, where it is known.
        whole: whether the text is all of it.

    Raises:
        DeclaresEntities: it declares entities.
        NoRecords: the whole of it lacks the element that was named.
    """
    if _ENTITY.search(text):
        raise DeclaresEntities(uri)
    elements = list(_elements(text))
    name = records or _record_name(elements)
    if records and whole and all(element.name != records for element in elements):
        names = ", ".join(dict.fromkeys(each.name for each in elements[:20]))
        raise NoRecords(uri, records, f"The file's elements: {names}.")
    depth = next((element.depth for element in elements if element.name == name), 0)
    beside = dict.fromkeys(each.name for each in elements if each.depth == depth and each.name != name)
    why = [f"XML, records are <{name}>" + ("" if records else ", the most repeated below the root")]
    why += [f"not read beside them: <{'>, <'.join(beside)}>"] if beside else []
    return XmlShape(name, tuple(why))


def namespaces(text: str, end: int) -> str:
    """The declarations of namespaces in the tags before a place, each prefix once, as attributes."""
    found: dict[str, str] = {}
    for tag in TAG.finditer(text, 0, end):
        for declaration in _NAMESPACE.findall(tag["attributes"] or ""):
            found.setdefault(declaration.split("=")[0].strip(), declaration)
    return "".join(found.values())


def nests(text: str, name: str) -> bool:
    """Whether an element of a name is seen within another of that name."""
    depth = 0
    for tag in TAG.finditer(text):
        if tag["name"] == name and not tag["empty"]:
            depth += -1 if tag["close"] else 1
            if depth > 1:
                return True
    return False


def _elements(text: str) -> Iterator[_Element]:
    path: list[str] = []
    for tag in TAG.finditer(text):
        if not tag["name"]:
            continue
        if tag["close"]:
            if tag["name"] in path:
                del path[len(path) - path[::-1].index(tag["name"]) - 1 :]
            continue
        yield _Element(tag["name"], len(path), path[-1] if path else "")
        if not tag["empty"]:
            path.append(tag["name"])


def _record_name(elements: list[_Element]) -> str:
    below = [element for element in elements if element.depth > 0]
    for depth in range(1, max((element.depth for element in below), default=0) + 1):
        counts = Counter(element.name for element in below if element.depth == depth)
        name, count = counts.most_common(1)[0]
        if count > 1:
            return name
    parents = {element.parent for element in below if element.depth > 1}
    return next((each.name for each in below if each.depth == 1 and each.name in parents), elements[0].name)
