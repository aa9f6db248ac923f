"""Find the files of a folder, a glob or a single path, wherever Hadoop can look."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.formats import canonical_uri, file_listing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
