"""Find the encoding of a text from its first and last bytes."""

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Tab, line ends, form feed, end-of-file, and the separators 0x01 and 0x1c-0x1f are found in tables.
_CONTROLS = re.compile(rb"[\x00\x02-\x08\x0b\x0e-\x19\x1b]")
_ASCII = re.compile(rb"[\t\n\r\x20-\x7e]")
_CONTROL_CHARACTERS = re.compile(r"[\x00\x02-\x08\x0b\x0e-\x19\x1b]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_VALID_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Where a page of Western text can only be guessed, these are the guesses that change it least.
_WESTERN = frozenset({"cp1252", "latin_1", "iso8859_15", "cp1250", "cp1254", "cp1257", "cp1258", "iso8859_9"})
_TRUSTED_SAMPLE = 32


@dataclass(frozen=True)
class Encoding:
    """An encoding's name in Python, and why it is taken."""

    name: str
    why: str


def find_encoding(head: bytes, tail: bytes) -> Encoding | None:
    """Find how the bytes of a text are encoded.

    Args:
        head: the file's first bytes.
        tail: its last bytes; may overlap the head, may be empty.

    Returns:
        None where the bytes are no text.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, f"byte-order mark of {name.removesuffix('-sig')}")
    if wide := _utf16_without_mark(head):
        return Encoding(wide, f"zero bytes beside the characters, as in {wide}")
    sample = head + tail
    if len(_CONTROLS.findall(sample)) * 100 > len(sample):
        return None
    return _narrow_encoding(sample)


def _narrow_encoding(sample: bytes) -> Encoding | None:
    beyond = _BEYOND_ASCII.findall(sample)
    if not beyond:
        return Encoding("utf-8", "only ASCII seen")
    valid = sum(len(match) for match in _VALID_UTF8.findall(sample))
    broken = len(beyond) - valid
    # The head and the tail may each cut one character; a few wrong bytes do not make a UTF-8 file another one.
    if (broken <= 6 and valid > 0) or broken * 4 < valid:
        return Encoding("utf-8", "its characters beyond ASCII are UTF-8")
    return _guessed_encoding(sample, len(beyond))


def _guessed_encoding(sample: bytes, beyond: int) -> Encoding:
    best = from_bytes(sample).best()
    if best is None or best.encoding in _WESTERN or beyond < _TRUSTED_SAMPLE:
        name = "cp1252" if re.search(rb"[\x80-\x9f]", sample) else "latin-1"
        return Encoding(name, "not UTF-8; Western letters")
    return Encoding(best.encoding, "not UTF-8; guessed from its letters")


def _utf16_without_mark(head: bytes) -> str | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 20 < len(head) or min(even, odd) * 20 > max(even, odd):
        return None
    # Where every other byte is half a character, hardly more than half of them look like ASCII.
    if len(_ASCII.findall(head)) * 4 > len(head) * 3:
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(name, "replace")
    # The replacement character may stand for a last character that is cut.
    readable = any("\x20" <= character <= "\xff" for character in text) and not _CONTROL_CHARACTERS.search(text)
    return name if readable and text.count("\ufffd") < 2 else None
