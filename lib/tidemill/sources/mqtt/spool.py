"""Keep messages on disk until the stream has them: appended, fsynced by batch, bounded."""

import os
import time
from itertools import accumulate
from pathlib import Path

import structlog

from tidemill.sources.mqtt.records import MAGIC, Message, record_of
from tidemill.sources.mqtt.segments import (
    FULL,
    Numbers,
    SpoolUnwritable,
    name_of,
    recover,
    spooled_bytes,
    sync_folder,
)
from tidemill.sources.mqtt.sinks import Receipt

SEGMENT_BYTES = 4 << 20
SEGMENT_SECONDS = 0.5
# A batch is written when nothing comes, or when it is this old, of this many messages or bytes.
_BATCH_SECONDS = 0.025
_BATCH_BYTES = 4 << 20
# While the spool is full, what the broker sends within its window is held, up to so many bytes of memory. It is read
# all the same, or the broker's signs of life would not be: beyond that the connection is given up.
_HELD_BYTES = 64 << 20
_OVERHEAD_BYTES = 200  # of a message's objects
_AGAIN_SECONDS = 0.2
_MIB = 1 << 20


class Spool:
    """The spool of one dataset, open for writing; one process at a time.

    Args:
        folder: of the dataset; made where it is not there.
        limit_mb: MiB that it may hold; beyond, nothing is written, and so nothing acknowledged. A message that is
            larger than that is taken when there is no other.
        in_flight: how many messages the broker sends without an answer; a batch must be smaller.

    Raises:
        SpoolUnwritable: the folder cannot be made or read.
    """

    def __init__(self, folder: Path, limit_mb: int, in_flight: int) -> None:
        self._folder, self._limit = folder, limit_mb * _MIB
        self._most = max(1, in_flight // 2)
        self._log = structlog.get_logger()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            recover(folder)
            self._numbers = Numbers(folder)
            self._used = spooled_bytes(folder)
        except OSError as error:
            raise SpoolUnwritable(folder, error.strerror or str(error)) from None
        self._records: list[bytes] = []
        self._receipts: list[Receipt] = []
        self._bytes, self._since = 0, 0.0
        self._file = -1
        self._number = self._written = 0
        self._opened = self._again = 0.0
        self._full = False

    @property
    def pending(self) -> int:
        """As `Sink.pending`."""
        return len(self._receipts)

    @property
    def laden(self) -> bool:
        """As `Sink.laden`."""
        return self._full and self._bytes + len(self._receipts) * _OVERHEAD_BYTES > _HELD_BYTES

    def figures(self) -> dict[str, float]:
        """MiB in the spool."""
        return {"spool_mb": round(spooled_bytes(self._folder) / _MIB, 1)}

    def add(self, message: Message, receipt: Receipt) -> None:
        """As `Sink.add`."""
        if not self._receipts:
            self._since = time.monotonic()
        record = record_of(message)
        self._records.append(record)
        self._receipts.append(receipt)
        self._bytes += len(record)

    def settle(self, *, idle: bool) -> list[Receipt]:
        """As `Sink.settle`: write the batch where it is due, complete the segment where it is.

        Raises:
            SpoolUnwritable: the disk fails otherwise than by being full.
        """
        now = time.monotonic()
        due = idle or len(self._receipts) >= self._most or self._bytes >= _BATCH_BYTES
        due = bool(self._receipts) and (due or now - self._since >= _BATCH_SECONDS) and now >= self._again
        try:
            safe = self._write(now) if due else []
            if self._file >= 0 and (self._written >= SEGMENT_BYTES or now - self._opened >= SEGMENT_SECONDS):
                self._complete()
        except OSError as error:
            raise SpoolUnwritable(self._folder, error.strerror or str(error)) from None
        return safe

    def close(self) -> list[Receipt]:
        """As `Sink.close`."""
        self._again = 0.0
        safe = self.settle(idle=True)
        if self._file >= 0:
            self._complete()
        return safe

    def _write(self, now: float) -> list[Receipt]:
        count = self._fitting()
        if not count:
            return self._wait(now, "spool_full", limit_mb=self._limit // _MIB)
        batch = b"".join(self._records[:count])
        try:
            if self._file < 0:
                self._open(now)
            self._append(batch)
        except OSError as error:
            if error.errno not in FULL:
                raise
            self._undo()
            return self._wait(now, "disk_full", folder=str(self._folder))
        if self._full and count == len(self._records):
            self._full = False
            self._log.info("spool_goes_on")
        safe = self._receipts[:count]
        del self._receipts[:count], self._records[:count]
        self._bytes -= len(batch)
        return safe

    def _fitting(self) -> int:
        """How many of the messages there is room for."""
        if self._used + self._bytes <= self._limit:
            return len(self._records)
        self._used = spooled_bytes(self._folder)
        ends = accumulate(map(len, self._records), initial=self._used)
        count = sum(end <= self._limit for end in ends) - 1
        return count if count > 0 or self._used else 1

    def _wait(self, now: float, why: str, **facts: object) -> list[Receipt]:
        if not self._full:
            self._full = True
            self._log.warning(why, waiting="for the stream to take segments; the broker keeps the rest", **facts)
        if self._file >= 0:
            self._complete()  # or nobody could take what is in it
        self._again = now + _AGAIN_SECONDS
        return []

    def _open(self, now: float) -> None:
        self._number = self._numbers.next()
        path = self._folder / f".{name_of(self._number)}"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._written, self._opened = 0, now
        self._append(MAGIC, sync=False)
        sync_folder(self._folder)

    def _append(self, content: bytes, *, sync: bool = True) -> None:
        left = memoryview(content)
        while left:
            left = left[os.write(self._file, left) :]
        if sync:
            os.fsync(self._file)
        self._written += len(content)
        self._used += len(content)

    def _undo(self) -> None:
        """Leave in the segment what is whole, and nothing of what was acknowledged is lost."""
        if self._file >= 0:
            os.ftruncate(self._file, self._written)
            os.fsync(self._file)

    def _complete(self) -> None:
        os.close(self._file)
        self._file = -1
        unfinished = self._folder / f".{name_of(self._number)}"
        if self._written > len(MAGIC):
            unfinished.rename(self._folder / name_of(self._number))
        else:
            unfinished.unlink()
