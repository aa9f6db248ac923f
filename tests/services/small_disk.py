"""A file system of a few megabytes, in a mount namespace of its own, so that it needs no rights and ends by itself."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_HOLD = 'mount -t tmpfs -o size="$1" tmpfs "$2" && echo mounted && exec cat'


class SmallDisk:
    """A disk that only processes started with `prefix` see.

    Args:
        folder: an empty one, where they see it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, size: str) -> None:
        """Mount it, so many bytes large (`2m`), or skip the test where this machine allows nobody to mount."""
        command = ["unshare", "--map-root-user", "--mount", "sh", "-c", _HOLD, "sh", size, str(self.folder)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self._holder = subprocess.Popen(command, **pipes)
        if self._holder.stdout.readline().strip() != "mounted":
            pytest.skip(f"no file system can be mounted here: {self._holder.communicate()[1].strip()}")

    def stop(self) -> None:
        self._holder.kill()
        self._holder.wait()

    @property
    def prefix(self) -> list[str]:
        """What a command that sees the disk begins with."""
        target = ["--target", str(self._holder.pid)]
        return ["nsenter", *target, "--user", "--mount", "--preserve-credentials", f"--wd={Path.cwd()}"]

    def resize(self, size: str) -> None:
        """Make room, or take it away."""
        subprocess.run([*self.prefix, "mount", "-o", f"remount,size={size}", str(self.folder)], check=True)

    def copy(self, target: Path) -> Path:
        """What is on the disk, for those who do not see it."""
        shutil.copytree(Path(f"/proc/{self._holder.pid}/root{self.folder}"), target)
        return target


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """A disk for the length of a with block."""
    disk = SmallDisk(folder)
    disk.start(size)
    try:
        yield disk
    finally:
        disk.stop()
