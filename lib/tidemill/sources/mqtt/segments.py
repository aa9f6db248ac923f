"""The spool's files: `segment-NUMBER.mqtt` is complete, the same with a dot before it is being written."""

import errno
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

import structlog

from tidemill.errors import RunFailed
from tidemill.sources.mqtt.records import batch_of

_DIGITS = 15
_NAME = re.compile(rf"\.?segment-([0-9]{{{_DIGITS}}})\.mqtt")
_RESERVED = ".reserved"
# So many numbers are set aside at once, so that not each segment costs another write.
_AT_ONCE = 1000
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class SpoolUnwritable(RunFailed):
    """The spool cannot be written for another reason than that it is full."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"{folder}: messages cannot be kept ({problem}). Mend the disk or the folder's rights, or set 'spool' in "
            "the configuration. Nothing was acknowledged that is not kept; the broker has the rest."
        )


def name_of(number: int) -> str:
    """The name of a complete segment."""
    return f"segment-{number:0{_DIGITS}d}.mqtt"


def number_of(path: str) -> str:
    """The number of a segment, in digits that sort as text, from its path."""
    found = _NAME.fullmatch(path.rpartition("/")[2])
    return found[1] if found else path.rpartition("/")[2]


def segments_in(folder: Path) -> list[Path]:
    """The complete segments, the oldest first."""
    return sorted(path for path in folder.glob("segment-*.mqtt") if _NAME.fullmatch(path.name))


def spooled_bytes(folder: Path) -> int:
    """What all segments weigh, the unfinished too."""
    sizes = 0
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name):
            try:
                sizes += path.stat().st_size
            except FileNotFoundError:  # the stream has just let go of it
                continue
    return sizes


def release(spool: str, dataset: str, segments: Iterable[str]) -> int:
    """Remove segments that are safely in the lake.

    Args:
        spool: the configuration's folder.
        dataset: whose.
        segments: their paths, URIs or names, as `spool_rows` was given them; those that are gone do not matter.

    Returns:
        How many were there.
    """
    folder, removed = Path(spool) / dataset, 0
    for segment in segments:
        name = segment.rpartition("/")[2]
        if _NAME.fullmatch(name):
            try:
                (folder / name).unlink()
                removed += 1
            except FileNotFoundError:
                continue
    return removed


def recover(folder: Path) -> int:
    """Complete what a bridge that was killed had begun: cut off the last record where it is torn.

    Args:
        folder: held by this process.

    Returns:
        The bytes that were cut off; none of them had been acknowledged.
    """
    cut = 0
    for path in sorted(folder.glob(".segment-*.mqtt")):
        content = path.read_bytes()
        whole = batch_of(content).whole
        cut += len(content) - whole
        if not whole:
            path.unlink()
            continue
        with path.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())
        path.rename(path.with_name(path.name[1:]))
        structlog.get_logger().warning("segment_recovered", segment=path.name[1:], cut_bytes=len(content) - whole)
    sync_folder(folder)
    return cut


class Numbers:
    """Gives each segment a number that none had before, in any run: a stream remembers the names it has read.

    A number is at least the time in milliseconds at which the run began, so that not even a spool whose folder was
    removed counts again from the beginning.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        given = [int(number_of(path.name)) for path in folder.iterdir() if _NAME.fullmatch(path.name)]
        self._last = max([*given, _read(folder / _RESERVED), time.time_ns() // 1_000_000])
        self._until = self._last

    def next(self) -> int:
        """A number.

        Raises:
            OSError: it cannot be set aside.
        """
        if self._last >= self._until:
            unfinished = self._folder / f"{_RESERVED}.new"
            with unfinished.open("w") as file:
                file.write(str(self._last + _AT_ONCE))
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self._folder / _RESERVED)
            self._until = self._last + _AT_ONCE
        self._last += 1
        return self._last


def _read(path: Path) -> int:
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return 0


def sync_folder(folder: Path) -> None:
    """Have the names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
