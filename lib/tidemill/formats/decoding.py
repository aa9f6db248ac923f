"""Bytes to text in blocks, losing nothing: a byte that does not decode is carried along and can be shown."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

BLOCK_BYTES = 4 << 20
# A record longer than this is cut, so that one missing quote or brace cannot take a whole file into memory.
LONGEST_RECORD = 64 << 20

_KEEP = "tidemill.keep"
# Lone low surrogates: no decoder yields them from valid bytes.
_KEPT = re.compile("[\udc00-\udcff]")


def _keep(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_KEEP, _keep)


def text_blocks(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Decode a file block by block, without its byte-order mark.

    Args:
        file: open at its beginning.
        encoding: a name that Python knows.

    Yields:
        Text of about 4 MiB of the file each. A byte that does not decode is the lone surrogate U+DC00 + byte.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors=_KEEP)
    while block := file.read(BLOCK_BYTES):
        yield decoder.decode(block)
    yield decoder.decode(b"", True)


def decoded(text: str) -> bool:
    """Whether every byte of the text decoded."""
    return text.isascii() or not _KEPT.search(text)


def readable(text: str) -> str:
    r"""The text with bytes that did not decode written as backslash escapes (0xE9 as `\xe9`)."""
    if text.isascii():
        return text
    kept = _KEPT.sub(lambda match: f"\\x{ord(match.group()) - 0xDC00:02x}", text)
    return kept.encode("utf-8", "backslashreplace").decode("utf-8")
