"""Read an Avro object container file block by block, within bounds.

Written after the Apache Avro specification 1.11, "Object Container Files".
"""

import bz2
import io
import json
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple, cast

import fastavro
import pyarrow as pa
import zstandard
from fastavro.schema import SchemaParseException

from tidemill.errors import RunFailed
from tidemill.formats.avro_schema import unbounded
from tidemill.formats.location import shown_path

MAGIC = b"Obj\x01"
# A block that is larger, stored or unpacked, is refused: writers make blocks of 16 KiB to some MiB.
LARGEST_BLOCK = 64 << 20
_HEADER: Any = {
    "type": "record",
    "name": "header",
    "fields": [
        {"name": "magic", "type": {"type": "fixed", "name": "magic", "size": 4}},
        {"name": "meta", "type": {"type": "map", "values": "bytes"}},
        {"name": "sync", "type": {"type": "fixed", "name": "sync", "size": 16}},
    ],
}
_CODECS = ("null", "deflate", "bzip2", "xz", "snappy", "zstandard")
# What the libraries raise where bytes are not what they should be.
DAMAGE = (EOFError, ValueError, OSError, IndexError, KeyError, TypeError, OverflowError, MemoryError)
_CODEC_DAMAGE = (*DAMAGE, zlib.error, lzma.LZMAError, zstandard.ZstdError, pa.ArrowException)


class DamagedAvro(RunFailed):
    """A file begins as Avro and cannot be read to its end."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"{shown_path(uri)}: the Avro file is cut short or damaged: {reason}. Deliver the file again.")


class UnreadableAvro(RunFailed):
    """An Avro file is whole, and written in a way that is not read."""

    def __init__(self, uri: str, found: str, expected: str) -> None:
        super().__init__(f"{shown_path(uri)}: the Avro file has {found}. Expected {expected}; deliver it so.")


@dataclass(frozen=True)
class AvroHeader:
    """What stands before an Avro file's first block: the writer's schema, the blocks' codec, the mark behind each."""

    schema: Any
    codec: str
    sync: bytes


class Block(NamedTuple):
    """So many records, unpacked, and the number of the first in its file, from 1."""

    first: int
    records: int
    data: bytes


class _Bytes:
    """Reads exactly what is asked for, so that a wrong length is told instead of taking the memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, count: int) -> bytes:
        if not 0 <= count <= LARGEST_BLOCK:
            raise ValueError(f"a length of {count} bytes")
        data = self._file.read(count)
        if len(data) < count:
            raise EOFError("it ends too early")
        return data


def avro_header(file: BinaryIO, uri: str) -> AvroHeader:
    """Read an Avro file's header; the file is left at its first block.

    Raises:
        DamagedAvro: the header is cut or makes no sense.
        UnreadableAvro: a codec or a schema that is not read.
    """
    try:
        header: Any = fastavro.schemaless_reader(cast(BinaryIO, _Bytes(file)), _HEADER, None)
        codec = header["meta"].get("avro.codec", b"null").decode()
        schema = json.loads(header["meta"]["avro.schema"])
        parsed = fastavro.parse_schema(schema)
    except (*DAMAGE, SchemaParseException, RecursionError) as error:
        raise DamagedAvro(uri, f"its header cannot be read ({_said(error)})") from None
    if codec not in _CODECS:
        raise UnreadableAvro(uri, f"the codec '{codec}'", f"one of {', '.join(_CODECS)}")
    if found := unbounded(schema):
        raise UnreadableAvro(uri, found, "a schema whose records are bounded by their bytes")
    return AvroHeader(parsed, codec, header["sync"])


def avro_blocks(file: BinaryIO, header: AvroHeader, uri: str) -> Iterator[Block]:
    """Read the blocks behind the header, one at a time.

    Raises:
        DamagedAvro: one is cut, or its content or the mark behind it is not what it should be.
    """
    source = _Bytes(file)
    first = 1
    while start := file.read(1):
        try:
            count = _long(source, start)
            stored = source.read(_long(source, source.read(1)))
            if source.read(len(header.sync)) != header.sync:
                raise ValueError("the mark behind the block is missing")
            data = _unpacked(stored, header.codec)
            # Records may be as short as nothing, but not without end.
            if not 0 <= count <= len(data) + LARGEST_BLOCK // 64:
                raise ValueError(f"a block of {len(data)} bytes with {count} records")
        except _CODEC_DAMAGE as error:
            raise DamagedAvro(uri, f"{_said(error)}, behind record {first - 1}") from None
        yield Block(first, count, data)
        first += count


def _unpacked(stored: bytes, codec: str) -> bytes:
    most = LARGEST_BLOCK + 1
    if codec == "null":
        data = stored
    elif codec == "deflate":
        data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(stored, most)
    elif codec == "bzip2":
        data = bz2.BZ2Decompressor().decompress(stored, most)
    elif codec == "xz":
        data = lzma.LZMADecompressor(memlimit=LARGEST_BLOCK * 4).decompress(stored, most)
    elif codec == "snappy":
        data = _snappy(stored)
    else:
        data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(stored)).read(most)
    if len(data) >= most:
        raise ValueError(f"a block of more than {LARGEST_BLOCK >> 20} MiB")
    return data


def _snappy(stored: bytes) -> bytes:
    size = _long(_Bytes(io.BytesIO(stored)), b"", zigzag=False)
    if size > LARGEST_BLOCK:
        raise ValueError(f"a block of more than {LARGEST_BLOCK >> 20} MiB")
    data: bytes = pa.Codec("snappy").decompress(stored[:-4], size, asbytes=True)
    if zlib.crc32(data) != int.from_bytes(stored[-4:], "big"):
        raise ValueError("a block's check sum does not fit")
    return data


def _long(source: _Bytes, start: bytes, *, zigzag: bool = True) -> int:
    """A number of seven bits a byte, the lowest first."""
    byte = (start or source.read(1))[0]
    value, shift = byte & 0x7F, 7
    while byte & 0x80:
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
        byte = source.read(1)[0]
        value |= (byte & 0x7F) << shift
        shift += 7
    return (value >> 1) ^ -(value & 1) if zigzag else value


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
