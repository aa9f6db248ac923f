"""Fetched pages on disk: each whole or not there, each with what is to be asked for next."""

import json
import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any

import fsspec

from tidemill.errors import RunFailed
from tidemill.formats.location import canonical_uri, local_path, open_file


class SpoolInUse(RunFailed):
    """Another process fetches into the same spool."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"{folder}: another run is fetching this dataset. Wait for its end, and schedule one at a time."
        )


class SpoolUnwritable(RunFailed):
    """A page cannot be kept."""

    def __init__(self, folder: str, problem: str) -> None:
        super().__init__(
            f"{folder}: a fetched page cannot be written ({problem}). Free space or mend the folder's rights, or set "
            "'spool' in the configuration; run again, and the fetch goes on."
        )


class SpooledPageGone(RunFailed):
    """A slice names a page that is no longer spooled."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"{uri}: this fetched page is gone, and its run is not in bronze yet. Run with --full.")


@dataclass(frozen=True)
class Page:
    """What is known of a spooled page; its body follows in the same file.

    Attributes:
        number: from 1.
        charset: of the body, as its header names it.
        status: of the answer.
        records: on this page.
        total: on all pages up to this one.
        size: bytes of all bodies up to this one.
        since: the greatest value of the watermark's column up to this page, as delivered.
        digest: of the body.
        next: the address of the next page; None where this is the last.
    """

    number: int
    charset: str
    status: int
    records: int
    total: int
    size: int
    since: str | None
    digest: str
    next: str | None


class Spool:
    """The folder of one request's pages.

    Args:
        folder: local path or URI; it need not be there.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder.rstrip("/")
        self._local = local_path(canonical_uri(self.folder))
        self._files, self._root = fsspec.core.url_to_fs(self._local or self.folder)

    def uri(self, number: int) -> str:
        """Where a page is, for `opened_page`."""
        return f"{canonical_uri(self._local) if self._local else self.folder}/{_name(number)}"

    def last(self) -> Page | None:
        """The last page that is whole; pages are whole in their order."""
        numbers = [int(name[5:13]) for name in self._names() if name.startswith("page-") and name.endswith(".json")]
        return self.page(max(numbers)) if numbers else None

    def page(self, number: int) -> Page:
        """What is known of a page.

        Raises:
            SpooledPageGone: it is not there.
        """
        return opened_page(self.uri(number))[0]

    def add(self, page: Page, body: bytes) -> None:
        """Keep a page; once this returns, neither a crash of this process nor of the machine takes it away.

        Raises:
            SpoolUnwritable: the disk is full, or the folder may not be written.
        """
        content = json.dumps(asdict(page)).encode() + b"\n" + body
        try:
            if self._local:
                _write(Path(self._local), _name(page.number), content)
            else:
                # Object stores show a file once it is whole.
                self._files.pipe_file(posixpath.join(self._root, _name(page.number)), content)
        except OSError as error:
            raise SpoolUnwritable(self.folder, error.strerror or str(error)) from None

    def delete(self) -> None:
        """Remove the folder with its pages, where it is there."""
        with suppress(FileNotFoundError):
            self._files.rm(self._root, recursive=True)
        self._files.invalidate_cache()

    def folders(self) -> list[str]:
        """The names of the folders in this one."""
        return [name for name in self._names() if not name.startswith((".", "page-"))]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes of this machine out; stores beyond it have no locks.

        Raises:
            SpoolInUse: another one is in.
        """
        if not self._local:
            yield
            return
        try:
            Path(self._local).mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (Path(self._local) / ".lock").open("w")
        except OSError as error:
            raise SpoolUnwritable(self.folder, error.strerror or str(error)) from None
        with lock:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                raise SpoolInUse(self.folder) from None
            yield

    def _names(self) -> list[str]:
        self._files.invalidate_cache()
        try:
            return sorted(posixpath.basename(path.rstrip("/")) for path in self._files.ls(self._root, detail=False))
        except FileNotFoundError:
            return []


def opened_page(uri: str) -> tuple[Page, bytes]:
    """A page and its body, on the driver or an executor.

    Raises:
        SpooledPageGone: it is not there.
    """
    try:
        with open_file(uri) as file:
            known: dict[str, Any] = json.loads(file.readline())
            return Page(**known), file.read()
    except (RunFailed, FileNotFoundError):
        raise SpooledPageGone(uri) from None


def _name(number: int) -> str:
    return f"page-{number:08d}.json"


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = folder / f".{name}"
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / name)
    for path in (folder, folder.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
