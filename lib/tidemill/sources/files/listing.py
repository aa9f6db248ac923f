"""Find the files of a folder, a glob or a single path, wherever Hadoop can look."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.formats import canonical_uri, file_listing, local_path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REMOTE = re.compile(r"^(?!file:)[A-Za-z][A-Za-z0-9+.\-]*:/")
# What means more than itself in a path: the first to everybody, the others to Hadoop in its own way.
_PATTERN = re.compile(r"[*?]")
_PATTERN_OF_HADOOP = re.compile(r"[\[\]{}\\]|\*\*")


@dataclass(frozen=True, order=True)
class DeliveredFile:
    """One file of a source.

    Attributes:
        uri: as `_source` in bronze names it.
        size: bytes.
        modified_at: in UTC.
    """

    uri: str
    size: int
    modified_at: datetime


class MissingSource(RunFailed):
    """A source's folder is not there, or its glob matches nothing."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path}: there is no such folder or file. Deliver files there, or set 'path' under source in the contract."
        )


def list_files(spark: SparkSession, path: str) -> list[DeliveredFile]:
    """List the files at a path, without opening any.

    Folders are searched to any depth. Names that begin with `_` or `.` are passed over, as Spark does everywhere.
    The list is collected to the driver: about 300 bytes a file, so a million files take 300 MB.

    Args:
        spark: the session.
        path: a folder, a glob or a file, as a local path or any URI that Hadoop can open.

    Returns:
        The files in the order of their URIs; none for a folder without a file.

    Raises:
        MissingSource: nothing is at the path.
    """
    here = local_files(path)
    if here is not None:
        return here
    files = file_listing(spark, path)
    if files is None:
        raise MissingSource(path)
    found = files_in(listed(files))
    # Spark's own listing knows empty files but reads none, so that they would go unnoticed.
    empty = {canonical_uri(uri) for uri in files.inputFiles()} - {file.uri for file in found}
    return sorted([*found, *(DeliveredFile(uri, 0, _EPOCH) for uri in empty)])


def listed(files: DataFrame) -> DataFrame:
    """What a listing needs of Spark's binaryFile frame, its content left unread: also for a stream of files."""
    return files.select(
        "_metadata.file_path",
        "_metadata.file_size",
        F.unix_micros("_metadata.file_modification_time").alias("modified_micros"),
    )


def files_in(listing: DataFrame) -> list[DeliveredFile]:
    """The files of a listing from `listed`, in the order of their URIs; collected to the driver."""
    return sorted(
        DeliveredFile(canonical_uri(uri), size, _EPOCH + timedelta(microseconds=micros))
        for uri, size, micros in listing.collect()
    )


def local_files(path: str) -> list[DeliveredFile] | None:
    """The files at a path of this machine, found as Spark finds them, without a job that opens each in the JVM.

    Args:
        path: as for `list_files`.

    Returns:
        As `list_files`; None where the path is none of this machine, or has signs that only Hadoop understands.

    Raises:
        MissingSource: nothing is at the path.
        OSError: a folder cannot be read.
    """
    if _REMOTE.match(path) or _PATTERN_OF_HADOOP.search(path):
        return None
    place = Path(local_path(path) or path).absolute()
    pattern = str(place.relative_to(place.anchor))
    roots = Path(place.anchor).glob(pattern) if _PATTERN.search(pattern) else [place]
    existing = [root for root in roots if root.exists()]
    if not existing:
        raise MissingSource(path)
    found = (file for root in existing for file in _at(root))
    return sorted(file for file in found if file is not None)


def _at(root: Path) -> Iterator[DeliveredFile | None]:
    if root.is_dir():
        yield from _below(root, frozenset())
    elif not _is_hidden(root.name):
        yield _delivered(root)


def _below(folder: Path, above: frozenset[Path]) -> Iterator[DeliveredFile | None]:
    own = folder.resolve()
    if own in above:
        return  # a link to a folder that it lies in
    for path in folder.iterdir():
        if _is_hidden(path.name):
            continue
        if path.is_dir():
            yield from _below(path, above | {own})
        elif path.is_file():
            yield _delivered(path)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name) or name.endswith("._COPYING_")


def _delivered(path: Path) -> DeliveredFile | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None  # it went while the folder was read
    # Java tells milliseconds.
    modified = _EPOCH + timedelta(milliseconds=status.st_mtime_ns // 1_000_000)
    return DeliveredFile(canonical_uri(str(path)), status.st_size, modified)
