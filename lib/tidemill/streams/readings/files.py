"""Small files of a checkpoint, on this machine or in a store; each is there whole or not at all."""

import os
import shutil
from pathlib import Path
from typing import Any, Protocol

from pyspark.sql import SparkSession


class Files(Protocol):
    """What a checkpoint does with files."""

    def exists(self, name: str) -> bool:
        """Whether a file or folder is there."""

    def names(self, folder: str) -> list[str]:
        """The names in a folder; none where there is no folder."""

    def read(self, name: str) -> bytes:
        """A file's content."""

    def write(self, name: str, content: bytes) -> None:
        """Make a file, or put another content in its place."""

    def delete(self, name: str) -> None:
        """Remove a file or a folder, if it is there."""


class LocalFiles:
    """Files of this machine."""

    def exists(self, name: str) -> bool:
        """See `Files`."""
        return Path(name).exists()

    def names(self, folder: str) -> list[str]:
        """See `Files`."""
        return [place.name for place in Path(folder).iterdir()] if Path(folder).is_dir() else []

    def read(self, name: str) -> bytes:
        """See `Files`."""
        return Path(name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """See `Files`; on the disk when this returns."""
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.writing")
        with beside.open("wb") as writing:
            writing.write(content)
            writing.flush()
            os.fsync(writing.fileno())
        beside.replace(file)

    def delete(self, name: str) -> None:
        """See `Files`."""
        place = Path(name)
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


class StoreFiles:
    """Files of a store that Hadoop opens, and in which a file appears when it is closed, as in S3 and ABFS.

    Args:
        spark: the session, which has the store's keys.
        folder: a URI in the store.
    """

    def __init__(self, spark: SparkSession, folder: str) -> None:
        self._jvm: Any = spark._jvm
        self._files = self._path(folder).getFileSystem(spark._jsc.hadoopConfiguration())

    def exists(self, name: str) -> bool:
        """See `Files`."""
        return bool(self._files.exists(self._path(name)))

    def names(self, folder: str) -> list[str]:
        """See `Files`."""
        if not self.exists(folder):
            return []
        return [str(status.getPath().getName()) for status in self._files.listStatus(self._path(folder))]

    def read(self, name: str) -> bytes:
        """See `Files`."""
        stream = self._files.open(self._path(name))
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def write(self, name: str, content: bytes) -> None:
        """See `Files`."""
        stream = self._files.create(self._path(name), True)
        stream.write(content)
        stream.close()

    def delete(self, name: str) -> None:
        """See `Files`."""
        self._files.delete(self._path(name), True)

    def _path(self, name: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(name)
