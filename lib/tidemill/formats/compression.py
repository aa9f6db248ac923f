"""Look through a compression at the content behind it, within bounds."""

import bz2
import gzip
import lzma
import tempfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, Literal, cast
from urllib.parse import quote
from zipfile import BadZipFile, ZipFile, ZipInfo

from tidemill.errors import RunFailed
from tidemill.formats.location import shown_path

Compression = Literal["", "gzip", "bzip2", "zip"]

# Tables shrink to a fifth or a fiftieth; what grows more than this many times over was made to do harm.
LARGEST_EXPANSION = 250
# Up to these bytes no expansion does harm: a small file may be all zeros.
UNSUSPECTED_BYTES = 128 << 20
MOST_MEMBERS = 1000
_COPIED_BYTES = 1 << 20

_MAGIC: dict[bytes, Compression] = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}
_ENCRYPTED = 0x1
_WORKBOOK = "xl/workbook.xml"
# What the libraries raise where compressed bytes are cut, damaged, or of a method that is not read.
DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, BadZipFile, NotImplementedError)


class DamagedArchive(RunFailed):
    """Compressed bytes cannot be decompressed to their end."""

    def __init__(self, uri: str, compression: str, reason: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the {compression} is cut short or damaged ({reason}). Deliver the file again."
        )


class UnclearArchive(RunFailed):
    """A zip holds no file, more than one where one was expected, or too many."""

    def __init__(self, uri: str, members: list[str]) -> None:
        held = f"{len(members)} files ({', '.join(members[:5])})" if members else "no file"
        super().__init__(
            f"{shown_path(uri)}: the zip holds {held}. Expected one; deliver each in a zip of its own, or unpacked."
        )


class EncryptedArchive(RunFailed):
    """A zip needs a password."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"{shown_path(uri)}: the zip is encrypted. Deliver the file without a password.")


class ExpandsTooFar(RunFailed):
    """Compressed bytes expand as no table does."""

    def __init__(self, uri: str, compression: str, size: int) -> None:
        super().__init__(
            f"{shown_path(uri)}: the {compression} of {size} bytes expands to more than {LARGEST_EXPANSION} times its "
            "size, as no table does. Check where it comes from; deliver the file unpacked if it is right."
        )


class _Bounded:
    """What is behind a compression, refused once it has grown too far."""

    def __init__(self, content: IO[bytes], uri: str, compression: str, size: int) -> None:
        self._content = content
        self._uri, self._compression, self._size = uri, compression, size
        self._most = max(UNSUSPECTED_BYTES, size * LARGEST_EXPANSION)
        self._read = 0

    def read(self, count: int = -1) -> bytes:
        data = self._content.read(count if count >= 0 else self._most - self._read + 1)
        self._read += len(data)
        if self._read > self._most:
            raise ExpandsTooFar(self._uri, self._compression, self._size)
        return data

    def seek(self, position: int) -> int:
        return self._content.seek(position)


def find_compression(head: bytes) -> Compression:
    """The compression that a file's first bytes tell of; empty for none."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")


def source_uri(uri: str, member: str) -> str:
    """What records of a file are known by: its URI, and behind `!/` the member of a zip of several files."""
    return f"{uri}!/{quote(member)}" if member else uri


@contextmanager
def opened(file: BinaryIO, compression: str, uri: str, member: str = "") -> Iterator[tuple[BinaryIO, str]]:
    """The content behind the compression, and the name that it has there.

    Args:
        file: open at its beginning; can be sought in.
        compression: as `find_compression` tells it.
        uri: the file, for messages and for its name.
        member: of a zip of several files; empty for a zip of one.

    Raises:
        DamagedArchive, ExpandsTooFar: also where reading finds it within the block.
        UnclearArchive: a zip does not hold one file.
        EncryptedArchive: it needs a password.
    """
    name = shown_path(uri)
    try:
        if compression == "gzip":
            with gzip.GzipFile(fileobj=file) as content:
                yield _bounded(cast(BinaryIO, content), uri, compression, _size(file)), name.removesuffix(".gz")
        elif compression == "bzip2":
            with bz2.BZ2File(file) as content:
                yield _bounded(content, uri, compression, _size(file)), name.removesuffix(".bz2")
        elif compression == "zip":
            with ZipFile(file) as archive:
                found = _member(archive, uri, member)
                with archive.open(found) as content:
                    yield _bounded(content, uri, compression, found.compress_size), found.filename
        else:
            yield file, name
    except DAMAGE as error:
        if not compression:
            raise
        raise DamagedArchive(uri, compression, str(error) or type(error).__name__) from None
    except OSError as error:
        # bz2 says it with nothing but a message.
        if compression != "bzip2" or error.errno is not None:
            raise
        raise DamagedArchive(uri, compression, str(error)) from None


@contextmanager
def unpacked(content: BinaryIO) -> Iterator[BinaryIO]:
    """A content that can be read from its end, as none behind a compression can: a named copy, gone with the block."""
    with tempfile.NamedTemporaryFile() as copy:
        while data := content.read(_COPIED_BYTES):
            copy.write(data)
        copy.flush()
        copy.seek(0)
        yield cast(BinaryIO, copy)


def is_workbook(file: BinaryIO, uri: str) -> bool:
    """Whether a zip is an Excel workbook (xlsx); the file is left at its beginning."""
    try:
        with ZipFile(file) as archive:
            return _WORKBOOK in archive.namelist()
    except BadZipFile as error:
        raise DamagedArchive(uri, "zip", str(error)) from None
    finally:
        file.seek(0)


def is_document(names: Collection[str]) -> bool:
    """Whether the files of a zip make one document of an office program, not files that were packed together."""
    return "[Content_Types].xml" in names or {"mimetype", "META-INF/manifest.xml"} <= set(names)


def zip_members(file: BinaryIO, uri: str) -> list[str]:
    """The names of the files in a zip, in their order; the file is left at its beginning.

    Raises:
        UnclearArchive: there is none, or more than MOST_MEMBERS.
        DamagedArchive: its directory cannot be read, or names more bytes than the zip has.
        EncryptedArchive: one of them needs a password.
    """
    try:
        with ZipFile(file) as archive:
            members = _members(archive)
    except BadZipFile as error:
        raise DamagedArchive(uri, "zip", str(error)) from None
    names = [member.filename for member in members]
    if not 0 < len(names) <= MOST_MEMBERS:
        raise UnclearArchive(uri, names)
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise EncryptedArchive(uri)
    if len(set(names)) < len(names) or sum(member.compress_size for member in members) > _size(file):
        raise DamagedArchive(uri, "zip", "its files overlap or share a name")
    file.seek(0)
    return names


def _bounded(content: IO[bytes], uri: str, compression: str, size: int) -> BinaryIO:
    return cast(BinaryIO, _Bounded(content, uri, compression, size))


def _size(file: BinaryIO) -> int:
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    return size


def _members(archive: ZipFile) -> list[ZipInfo]:
    return [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith(("__MACOSX/", ".")) and "/." not in member.filename
    ]


def _member(archive: ZipFile, uri: str, name: str) -> ZipInfo:
    members = [member for member in _members(archive) if not name or member.filename == name]
    if len(members) != 1:
        raise UnclearArchive(uri, [member.filename for member in members])
    if members[0].flag_bits & _ENCRYPTED:
        raise EncryptedArchive(uri)
    return members[0]
