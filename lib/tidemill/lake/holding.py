"""Let one run at a time work on a dataset; the next one waits, and says for whom."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import structlog

from tidemill.errors import RunFailed
from tidemill.lake.places import local_folder


class Held(RunFailed):
    """Another run works on the dataset, and this one is not to wait."""

    def __init__(self, dataset: str, holder: str) -> None:
        self.holder = holder
        super().__init__(f"{dataset}: held by {holder}. Wait for it to end and run this again, or leave out --no-wait.")


class NotHeld(RunFailed):
    """The files by which runs keep out of each other's way cannot be written."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"{folder}: the lock of a dataset cannot be written there: {problem}; expected a folder that this user may "
            "write. Mend the disk or the folder's rights, or choose another --home."
        )


@contextmanager
def held(root: str, dataset: str, job: str, wait: bool = True) -> Iterator[None]:
    """Hold a dataset for the length of a block.

    The hold ends with its process, however that ends. It binds the processes of one machine: where the lake is on a
    store that several machines write to, their scheduler must keep two runs of a dataset apart.

    Args:
        root: the lake's.
        dataset: to be held.
        job: who holds it, for those who wait.
        wait: whether to wait for another holder.

    Raises:
        Held: somebody else holds it, and `wait` is false.
        NotHeld: the disk or the folder's rights forbid it.
    """
    lake = local_folder(root)
    if lake is None:
        yield
        return
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(_opened(lake / ".locks", dataset))
            _take(lock, dataset, wait)
            since = f"{datetime.now(UTC):%FT%TZ}"
            me = {"job": job, "process": os.getpid(), "host": socket.gethostname(), "since": since}
            _write(lock, json.dumps(me))
        except OSError as error:
            raise NotHeld(lake / ".locks", error.strerror or str(error)) from None
        try:
            yield
        finally:
            _write(lock, "")


def _opened(folder: Path, dataset: str) -> TextIO:
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"dataset.{dataset}").open("a+")


def _take(lock: TextIO, dataset: str, wait: bool) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    except BlockingIOError:
        holder = _holder(lock)
    if not wait:
        raise Held(dataset, holder)
    structlog.get_logger().warning("waiting", dataset=dataset, held_by=holder)
    fcntl.flock(lock, fcntl.LOCK_EX)


def _holder(lock: TextIO) -> str:
    lock.seek(0)
    try:
        holder = json.loads(lock.read())
    except ValueError:  # it has just begun
        return "another run"
    return f"{holder['job']} (process {holder['process']} on {holder['host']}, since {holder['since']})"


def _write(lock: TextIO, text: str) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(text)
    lock.flush()
