"""Look through a compression at the content behind it."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from tidemill.errors import RunFailed
from tidemill.formats.location import shown_path

Compression = Literal["", "gzip", "bzip2", "zip"]

_MAGIC: dict[bytes, Compression] = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}
_ENCRYPTED = 0x1
_WORKBOOK = "xl/workbook.xml"
# What the libraries raise where compressed bytes are cut or damaged.
_DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, BadZipFile)


class DamagedArchive(RunFailed):
    """Compressed bytes cannot be decompressed to their end."""

    def __init__(self, uri: str, compression: str, reason: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the {compression} is cut short or damaged ({reason}). Deliver the file again."
        )


class UnclearArchive(RunFailed):
    """A zip holds no file, or more than one."""

    def __init__(self, uri: str, members: list[str]) -> None:
        held = f"{len(members)} files ({', '.join(members[:5])})" if members else "no file"
        super().__init__(
            f"{shown_path(uri)}: the zip holds {held}. Expected one; deliver each in a zip of its own, or unpacked."
        )


class EncryptedArchive(RunFailed):
    """A zip needs a password."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"{shown_path(uri)}: the zip is encrypted. Deliver the file without a password.")


def find_compression(head: bytes) -> Compression:
    """The compression that a file's first bytes tell of; empty for none."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")


@contextmanager
def opened(file: BinaryIO, compression: str, uri: str) -> Iterator[tuple[BinaryIO, str]]:
    """The content behind the compression, and the name that it has there.

    Args:
        file: open at its beginning; can be sought in.
        compression: as `find_compression` tells it.
        uri: the file, for messages and for its name.

    Raises:
        DamagedArchive: also where reading finds it within the block.
        UnclearArchive: a zip does not hold one file.
        EncryptedArchive: it needs a password.
    """
    name = shown_path(uri)
    try:
        if compression == "gzip":
            with gzip.GzipFile(fileobj=file) as content:
                yield cast(BinaryIO, content), name.removesuffix(".gz")
        elif compression == "bzip2":
            with bz2.BZ2File(file) as content:
                yield cast(BinaryIO, content), name.removesuffix(".bz2")
        elif compression == "zip":
            with ZipFile(file) as archive:
                member = _only_member(archive, uri)
                with archive.open(member) as content:
                    yield cast(BinaryIO, content), member.filename
        else:
            yield file, name
    except _DAMAGE as error:
        raise DamagedArchive(uri, compression, str(error) or type(error).__name__) from None
    except OSError as error:
        # bz2 says it with nothing but a message.
        if compression != "bzip2" or error.errno is not None:
            raise
        raise DamagedArchive(uri, compression, str(error)) from None


def is_workbook(file: BinaryIO, uri: str) -> bool:
    """Whether a zip is an Excel workbook (xlsx); the file is left at its beginning."""
    try:
        with ZipFile(file) as archive:
            return _WORKBOOK in archive.namelist()
    except BadZipFile as error:
        raise DamagedArchive(uri, "zip", str(error)) from None
    finally:
        file.seek(0)


def _only_member(archive: ZipFile, uri: str) -> ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith(("__MACOSX/", ".")) and "/." not in member.filename
    ]
    if len(members) != 1:
        raise UnclearArchive(uri, [member.filename for member in members])
    if members[0].flag_bits & _ENCRYPTED:
        raise EncryptedArchive(uri)
    return members[0]
