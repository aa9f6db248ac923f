"""Bytes to text in blocks, losing nothing: a byte that does not decode is carried along and can be shown."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

BLOCK_BYTES = 1 << 20
# A record longer than this is refused, so that one missing line end or brace cannot take a whole file into memory.
LONGEST_RECORD = 64 << 20

_KEEP = "tidemill.keep"
# Lone low surrogates: no decoder yields them from valid bytes.
_KEPT = re.compile("[\udc00-\udcff]")


def _keep(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end
    if isinstance(error, UnicodeEncodeError):
        return bytes(ord(kept) & 0xFF for kept in error.object[error.start : error.end]), error.end
    raise error


codecs.register_error(_KEEP, _keep)


def text_blocks(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Decode a file block by block, without its byte-order mark.

    Args:
        file: open at its beginning.
        encoding: a name that Python knows.

    Yields:
        Text of about 1 MiB of the file each. A byte that does not decode is the lone surrogate U+DC00 + byte.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors=_KEEP)
    while block := file.read(BLOCK_BYTES):
        yield decoder.decode(block)
    yield decoder.decode(b"", True)


def utf8_blocks(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    """Read a text file as UTF-8, whatever its encoding, block by block, without its byte-order mark.

    Args:
        file: open at its beginning.
        encoding: a name that Python knows.

    Yields:
        About 1 MiB of the file each. Bytes that do not decode make the block invalid UTF-8; `kept_text` finds them.
    """
    if encoding == "utf-8":
        while block := file.read(BLOCK_BYTES):
            yield block
    elif encoding == "utf-8-sig":
        file.seek(len(codecs.BOM_UTF8))
        yield from utf8_blocks(file, "utf-8")
    else:
        for text in text_blocks(file, encoding):
            yield text.encode("utf-8", "surrogatepass")


def kept_text(data: bytes, encoding: str) -> str:
    """Decode what `utf8_blocks` read, with bytes that did not decode as in `text_blocks`."""
    return data.decode("utf-8", _KEEP if encoding.startswith("utf-8") else "surrogatepass")


def kept_bytes(text: str, encoding: str) -> bytes:
    """Undo `kept_text`."""
    return text.encode("utf-8", _KEEP if encoding.startswith("utf-8") else "surrogatepass")


def decoded(text: str) -> bool:
    """Whether every byte of the text decoded."""
    return text.isascii() or not _KEPT.search(text)


def readable(text: str) -> str:
    r"""The text with bytes that did not decode written as backslash escapes (0xE9 as `\xe9`)."""
    if text.isascii():
        return text
    kept = _KEPT.sub(lambda match: f"\\x{ord(match.group()) - 0xDC00:02x}", text)
    return kept.encode("utf-8", "backslashreplace").decode("utf-8")
