"""Checks of the machine itself: Java, memory, disk."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import psutil

from tidemill.cli.doctor.finding import Finding

JAVA = 17
GIB = 2**30
# Spark's driver takes 4 GiB at most (conf/spark/spark-defaults.conf); Python and the system need room beside it.
MEMORY_NEEDED = 6 * GIB
DISK_NEEDED = 5 * GIB


def java() -> Finding:
    """Whether the Java that Spark will start is the one it is tested with."""
    home = os.environ.get("JAVA_HOME")
    command = str(Path(home) / "bin" / "java") if home else "java"
    remedy = f"sudo apt-get install openjdk-{JAVA}-jre-headless, and have JAVA_HOME or PATH point at it"
    try:
        told = subprocess.run([command, "-version"], capture_output=True, text=True, check=True, timeout=60).stderr
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("Java", f"{command} does not run: {error}", remedy)
    version = java_version(told)
    return Finding("Java", f"{version or 'unknown version'} ({command})", None if version == JAVA else remedy)


def java_version(told: str) -> int | None:
    """The major version in what `java -version` says; Java 8 calls itself 1.8."""
    match = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(match[1]) if match else None


def postgresql(installed: Path = Path("/usr/lib/postgresql")) -> Finding:
    """Whether the tests of databases can start a server; a machine that runs no tests is well without.

    Args:
        installed: where Debian keeps a folder for each version, which it does not put on PATH.
    """
    found = shutil.which("initdb") or next((str(path) for path in sorted(installed.glob("*/bin/initdb"))), None)
    missing = "not here; only the tests of databases need it: sudo apt-get install postgresql"
    return Finding("PostgreSQL", str(Path(found).parent) if found else missing)


def memory(total: int | None = None) -> Finding:
    """Whether there is memory for a driver and its Python, in bytes; this machine's unless given."""
    size = psutil.virtual_memory().total if total is None else total
    remedy = f"at least {MEMORY_NEEDED // GIB} GiB, or a smaller spark.driver.memory in conf/spark/spark-defaults.conf"
    return Finding("memory", f"{size / GIB:.1f} GiB", None if size >= MEMORY_NEEDED else remedy)


def disk(home: str, free: int | None = None) -> Finding:
    """Whether the disk of the home has room, in bytes; what is free there unless given."""
    if "://" in home:
        return Finding("disk", f"{home} is not a local folder")
    folder = next(place for place in (Path(home), *Path(home).parents) if place.exists())
    room = shutil.disk_usage(folder).free if free is None else free
    remedy = f"free some: at least {DISK_NEEDED // GIB} GiB, or choose another home with TIDEMILL_HOME"
    return Finding("disk", f"{room / GIB:.0f} GiB free for {home}", None if room >= DISK_NEEDED else remedy)
