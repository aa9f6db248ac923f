"""A folder of checkpoints of one training, of which the newest whole one counts."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import structlog

from tidemill.errors import RequestWrong, RunFailed
from tidemill.models.images.checkpoints.sealing import Broken, opened, sealed

ENDING = ".checkpoint"
UNFINISHED = ".unfinished"


class OtherCheckpoint(RequestWrong):
    """A folder holds the checkpoint of a training with other data, another network or other settings."""

    def __init__(self, path: Path, what: str, found: str, expected: str) -> None:
        super().__init__(
            f"{path}: the checkpoint is of another training: its {what} is '{found}', but '{expected}' was expected. "
            "Go on with what it was begun with, or begin a new one in its place: train_images.py --restart."
        )


class CheckpointNotWritten(RunFailed):
    """A checkpoint could not be written."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"no checkpoint could be written to {folder} ({reason}). Free some space or check who owns it, and run it "
            "again: it goes on from the last one."
        )


class Found(NamedTuple):
    """The newest checkpoint that is whole.

    Attributes:
        step: after which it was written.
        state: what was kept.
    """

    step: int
    state: dict[str, Any]


class Looked(NamedTuple):
    """What a folder holds.

    Attributes:
        found: None where no checkpoint is whole.
        broken: newer files, which were removed: they would be counted among the newest that stay.
    """

    found: Found | None
    broken: tuple[str, ...] = ()


class CheckpointFolder:
    """Where rank 0 keeps what a training needs to go on.

    The folder is opened by rank 0 alone; where ranks move between hosts, it must be one that the hosts share.

    Args:
        folder: a local path for this training alone.
        data: what the training reads, as a table with its version.
        restart: whatever is there gives way.
    """

    def __init__(self, folder: str | Path, data: str, restart: bool = False) -> None:
        self.folder = Path(folder)
        self.data = data
        self._restart = restart

    def newest(self, identity: Mapping[str, str]) -> Looked:
        """The newest whole checkpoint; broken ones before it are removed.

        Args:
            identity: what the training is, by what each part of it is called.

        Raises:
            OtherCheckpoint: it is of another training.
        """
        if self._restart:
            self.clear()
            self._restart = False
        broken: list[str] = []
        for path in reversed(self._files()):
            try:
                kept = opened(path.read_bytes())
            except Broken as error:
                structlog.get_logger().warning("checkpoint_passed_over", path=str(path), reason=str(error))
                broken.append(path.name)
                path.unlink(missing_ok=True)
                continue
            for what, expected in identity.items():
                found = str(kept["identity"].get(what))
                if found != expected:
                    raise OtherCheckpoint(path, what, found, expected)
            return Looked(Found(_step(path), kept["state"]), tuple(broken))
        return Looked(None, tuple(broken))

    def keep(self, step: int, identity: Mapping[str, str], state: Mapping[str, Any], newest: int) -> Path:
        """Write a checkpoint so that it is there whole or not at all, and let go of all but the newest so many.

        Args:
            step: after which it is written, counted over the whole training.
            identity: as for `newest`.
            state: tensors, numbers, texts, lists and mappings.
            newest: how many stay.

        Raises:
            CheckpointNotWritten: the folder does not take it.
        """
        path = self.folder / f"step-{step:09d}{ENDING}"
        try:
            self._write(path, sealed({"identity": dict(identity), "state": dict(state)}))
        except OSError as error:
            raise CheckpointNotWritten(self.folder, error.strerror or str(error)) from error
        for old in self._files()[:-newest]:
            old.unlink(missing_ok=True)
        for left in self.folder.glob(f".*{UNFINISHED}"):
            left.unlink(missing_ok=True)
        return path

    def clear(self) -> None:
        """Remove all checkpoints."""
        for path in [*self._files(), *self.folder.glob(f".*{UNFINISHED}")]:
            path.unlink(missing_ok=True)

    def _write(self, path: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f".{path.name}.{uuid4().hex}{UNFINISHED}"
        try:
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            # On a full disk a part of it would keep the disk full.
            unfinished.unlink(missing_ok=True)
        self._sync()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"step-*{ENDING}"))

    def _sync(self) -> None:
        """Make the new name last through a loss of power."""
        opened_folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(opened_folder)
        finally:
            os.close(opened_folder)


def _step(path: Path) -> int:
    return int(path.name.removeprefix("step-").removesuffix(ENDING))
