"""A time of day that a test sets under processes that run; their other clocks go on as they did."""

import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("set_clock.c")


class Clock:
    """The clock of the processes that are started with `variables`; it is right at first."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("gcc")
        if compiler is None or sys.platform != "linux":
            pytest.skip("a process's clock is set with gcc on Linux: sudo apt-get install g++")
        library, self._off = folder / "set_clock.so", folder / "off"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"], check=True)
        self.variables = {"LD_PRELOAD": str(library), "TIDEMILL_CLOCK": str(self._off)}
        self.set(timedelta(0))

    def set(self, off: timedelta) -> None:
        """From now on it is so far ahead of the right time."""
        hidden = self._off.with_suffix(".new")
        hidden.write_text(str(round(off.total_seconds())))
        hidden.rename(self._off)
