"""Run a command and take the processor time of its whole process tree."""

import ctypes
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_CHILD_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux's prctl


class Measured(NamedTuple):
    """What a command took, and the last line that it printed."""

    cpu_seconds: float
    wall_seconds: float
    said: str


def measured(command: Sequence[str], variables: Mapping[str, str]) -> Measured:
    """Run a command to its end.

    The command's children, and theirs, become this process's where their parents end before them, so that all of them
    are waited for and none's time is lost.

    Raises:
        RuntimeError: the command failed; with the end of what it wrote to stderr.
    """
    ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    process = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    wall = time.monotonic() - begun
    _wait_for_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {process.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(cpu, wall, process.stdout.strip().rpartition("\n")[2])


def _wait_for_orphans() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return
