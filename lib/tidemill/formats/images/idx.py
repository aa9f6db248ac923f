"""IDX files: many images of one size, or their labels, as bytes behind a short header (LeCun, the MNIST database).

The header of images is four big-endian integers: 0x00000803, the number of images, height, width; that of labels is
0x00000801 and their number. Both are mostly compressed by gzip.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from tidemill.errors import RunFailed
from tidemill.formats.location import open_file, shown_path

IMAGES, LABELS = 0x00000803, 0x00000801
GZIP = b"\x1f\x8b"
BLOCK = 1 << 16
CHUNK = 4 << 20
MOST_BYTES_AN_IMAGE = 64 << 20


class WrongIdx(RunFailed):
    """A file is not the IDX file that its name promises."""

    def __init__(self, uri: str, expected: str, got: str) -> None:
        super().__init__(f"{shown_path(uri)}: expected {expected}, got {got}. Deliver the file again.")


class Header(NamedTuple):
    """What an IDX file says of itself; a label is one of 1 x 1."""

    items: int
    height: int = 1
    width: int = 1

    @property
    def bytes_an_image(self) -> int:
        """Of one image, or label."""
        return self.height * self.width


class Chunk(NamedTuple):
    """Some of a file's items, whole ones, and why no more come; empty where more come or that was all."""

    content: bytes
    damage: str


def idx_header(uri: str, kind: int) -> Header:
    """Read a file's header.

    Args:
        uri: the file's.
        kind: IMAGES or LABELS.

    Raises:
        WrongIdx: it is not that kind of file.
        MissingFile: it is gone.
    """
    with open_file(uri) as file:
        return _header(_Content(file, uri), uri, kind)


def idx_chunks(uri: str, kind: int, chunk_bytes: int = CHUNK) -> Iterator[Chunk]:
    """Read a file's items in their order, a bounded number at once.

    A file that ends early gives the items before its end; the last chunk says so.

    Raises:
        WrongIdx: as `idx_header`; or the file has more bytes than its header tells, or its compression is damaged, so
            that nothing that was read of it can be trusted.
        MissingFile: it is gone.
    """
    with open_file(uri) as file:
        content = _Content(file, uri)
        header = _header(content, uri, kind)
        left, size = header.items, header.bytes_an_image
        while left:
            asked = min(left, max(1, chunk_bytes // size))
            found = content.read(asked * size)
            whole = len(found) // size
            left -= whole
            damage = ""
            if whole < asked:
                damage = f"it ends after {header.items - left:,} of {header.items:,}"
            yield Chunk(found[: whole * size], damage)
            if damage:
                return
        # Reading on also compares the checksum.
        if content.read(1):
            raise WrongIdx(uri, f"{header.items:,} times {size:,} bytes, as its header says", "more than that")


def _header(content: "_Content", uri: str, kind: int) -> Header:
    what = "images (IDX, 0x00000803)" if kind == IMAGES else "labels (IDX, 0x00000801)"
    length = 16 if kind == IMAGES else 8
    begin = content.read(length)
    if len(begin) < length:
        raise WrongIdx(uri, what, "a file that ends within its header")
    magic, *rest = struct.unpack(f">{length // 4}I", begin)
    if magic != kind:
        raise WrongIdx(uri, what, f"a file that begins with 0x{magic:08x}")
    header = Header(*rest)
    if not 0 < header.bytes_an_image <= MOST_BYTES_AN_IMAGE:
        raise WrongIdx(uri, what, f"images of {header.height} x {header.width}")
    return header


class _Content:
    """A file's bytes, decompressed where they are compressed; at most what is asked for, and a block, is in memory."""

    def __init__(self, file: BinaryIO, uri: str) -> None:
        self._file, self._uri = file, uri
        self._compressed = file.read(BLOCK)  # not yet used
        self._inflating = zlib.decompressobj(wbits=31) if self._compressed.startswith(GZIP) else None

    def read(self, size: int) -> bytes:
        """So many bytes; fewer where the file ends."""
        parts: list[bytes] = []
        while size and (part := self._some(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _some(self, size: int) -> bytes:
        if self._inflating is None:
            given = self._given()
            part, self._compressed = given[:size], given[size:]
            return part
        while not self._inflating.eof:
            given = self._given()
            try:
                part = self._inflating.decompress(given, size)
            except zlib.error as error:
                raise WrongIdx(self._uri, "a gzip file without damage", str(error)) from None
            self._compressed = self._inflating.unconsumed_tail
            if part or not given:
                return part
        return b""

    def _given(self) -> bytes:
        """What was read and not yet used, else the next block; none at the file's end."""
        if not self._compressed:
            self._compressed = self._file.read(BLOCK)
        return self._compressed
