"""Arrays on disk that are whole or not there: written beside their place, checked by a hash when opened."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from tidemill.errors import RunFailed

DIGEST = sha256().digest_size
BLOCK = 1 << 20
UNFINISHED = ".part"
# A writer that was killed left it; one at work is younger.
OLD_SECONDS = 24 * 3600


class FeaturesNotWritten(RunFailed):
    """The folder of cached features cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be written: {' '.join(reason.split())[:300]}. Make room, or name another folder "
            "(--set checkpoints=/FOLDER); what is there already is used again."
        )


class FeaturesDamaged(RunFailed):
    """A file of cached features is missing, or is not as it was written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path}: cached features were expected there, {why}. Run again to compute what is not whole; ranks on "
            "several hosts need a folder that all of them see."
        )


def write_array(path: Path, values: NDArray[Any]) -> None:
    """Write an array and its hash, so that the path holds all of it or what it held before.

    Raises:
        FeaturesNotWritten: the store refused.
    """
    with _whole(path) as file:
        hashed = _Hashed(file)
        np.save(cast(BinaryIO, hashed), values, allow_pickle=False)
        file.write(hashed.digest.digest())


def write_text(path: Path, text: str) -> None:
    """Write a text, so that the path holds all of it or what it held before.

    Raises:
        FeaturesNotWritten: the store refused.
    """
    with _whole(path) as file:
        file.write(text.encode())


def opened_array(path: Path, rows: int) -> NDArray[Any]:
    """An array as it was written, not held in memory but mapped.

    Raises:
        FeaturesDamaged: it is not there, not whole, or has another number of rows.
    """
    try:
        whole = _is_whole(path)
    except FileNotFoundError as error:
        raise FeaturesDamaged(path, "but there are none") from error
    except OSError as error:
        raise FeaturesDamaged(path, f"but they cannot be read ({' '.join(str(error).split())[:200]})") from error
    if not whole:
        raise FeaturesDamaged(path, "but they are not as they were written")
    values: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    if len(values) != rows:
        raise FeaturesDamaged(path, f"of {rows} samples, but there are {len(values)}")
    return values


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its place once it is on disk."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(path)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED, delete=False) as file:
            try:
                yield cast(BinaryIO, file)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            finally:
                # On a full disk a part of it would keep the disk full.
                Path(file.name).unlink(missing_ok=True)
        _sync(path.parent)
    except OSError as error:
        raise FeaturesNotWritten(path, str(error)) from error


class _Hashed:
    """What is written, and its hash."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = sha256()

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        return self._file.write(content)


def _is_whole(path: Path) -> bool:
    """Whether a file ends with the hash of what stands before."""
    with path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size - DIGEST
        digest = sha256()
        while left > 0 and (block := file.read(min(left, BLOCK))):
            digest.update(block)
            left -= len(block)
        return left == 0 and file.read() == digest.digest()


def _clear(path: Path) -> None:
    for unfinished in path.parent.glob(f".{path.name}.*{UNFINISHED}"):
        if time.time() - unfinished.stat().st_mtime > OLD_SECONDS:
            unfinished.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
