"""One form of a file's URI everywhere, and opening what it names."""

import re
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit

import fsspec

from tidemill.errors import RunFailed
from tidemill.formats.stores import is_in_s3, open_in_s3

# What java.net.URI, and so Hadoop and Spark, leaves unquoted in a path, besides printable characters beyond ASCII.
_KEPT_BY_JAVA = re.compile(r"[A-Za-z0-9_\-!.~'()*,;:$&+=@/]")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*:/")


class MissingFile(RunFailed):
    """A file to be read is not there."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"{shown_path(uri)}: there is no such file. Check the name, or deliver the file again.")


def canonical_uri(location: str) -> str:
    """Write a file's location as Spark's `_metadata.file_path` does, with `file:///` for local files.

    Args:
        location: a local path (kept literally, so `%20` in it is three characters) or a URI (already quoted).
    """
    if _SCHEME.match(location):
        return re.sub(r"^file:/+", "file:///", location)
    return "file://" + "".join(map(_quoted, str(Path(location).absolute())))


def local_path(uri: str) -> str | None:
    """The local path of a `file:` URI, None for every other scheme."""
    return unquote(urlsplit(_hidden_delimiters(uri)).path) if uri.startswith("file:/") else None


def unquoted(uri: str) -> str:
    """A file's location as Hadoop takes a path that a person writes: local, or a URI in which nothing is quoted."""
    return local_path(uri) or unquote(uri)


def shown_path(location: str) -> str:
    """The location as a person writes it: a local path where it is one."""
    return local_path(location) or location


def open_file(uri: str) -> BinaryIO:
    """Open a file for reading bytes.

    Raises:
        MissingFile: nothing is there.
        StoreRefused: the store that has it does not answer, or denies access.
    """
    try:
        if is_in_s3(uri):
            return open_in_s3(uri)
        return cast(BinaryIO, fsspec.open(unquoted(uri), mode="rb").open())
    except FileNotFoundError:
        raise MissingFile(uri) from None


def _quoted(character: str) -> str:
    if _KEPT_BY_JAVA.match(character) or (ord(character) > 0x9F and not character.isspace()):
        return character
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))


def _hidden_delimiters(uri: str) -> str:
    """A `?` or `#` that somebody left unquoted in a file's URI belongs to its name."""
    return uri.replace("?", "%3F").replace("#", "%23")
