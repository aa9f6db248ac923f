"""Checks of what the set-up installed: Python packages against the lock, JVM artifacts against their list."""

import re
from collections.abc import Collection, Mapping
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

from tidemill.cli.doctor.finding import Finding

# Installed apart from the lock: torch by what the machine has, Horovod from its source.
APART = ("torch", "horovod")


def python_packages(lock: str, installed: Mapping[str, str] | None = None) -> Finding:
    """Whether every pinned package is installed at its version.

    Args:
        lock: the text of requirements.lock.
        installed: version by normalised name; this environment's unless given.
    """
    have = installed_packages() if installed is None else installed
    wanted = locked_versions(lock)
    apart = [name for name in wanted if have.get(name) != wanted[name]]
    wrong = [f"{name} {have.get(name, 'missing')} instead of {wanted[name]}" for name in apart]
    wrong += [f"{name} missing" for name in APART if name not in have]
    if wrong:
        return Finding("Python packages", listed(wrong), "rm -rf .venv and make setup")
    return Finding("Python packages", f"{len(wanted) + len(APART)} as in requirements.lock")


def locked_versions(lock: str) -> dict[str, str]:
    """Version by normalised name of each line `name==version` that this platform needs."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?![^\n]*sys_platform == 'win32')", lock, flags=re.MULTILINE)
    return {normalised(name): version for name, version in pins}


def installed_packages() -> dict[str, str]:
    """Version by normalised name of what this environment holds."""
    return {normalised(found.name): found.version for found in distributions()}


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def jvm_artifacts(packages: str, jars: Collection[str]) -> Finding:
    """Whether each artifact of conf/spark/packages.txt lies beside Spark's own jars.

    Args:
        packages: the text of the list.
        jars: file names in Spark's jars folder.
    """
    wanted = [f"{artifact}-{version}.jar" for artifact, version in artifacts(packages)]
    missing = [name for name in wanted if name not in jars]
    if missing:
        return Finding("JVM artifacts", f"missing {listed(missing)}", "rm -f .venv/.setup/jars-* and make setup")
    return Finding("JVM artifacts", f"{len(wanted)} as in conf/spark/packages.txt")


def artifacts(packages: str) -> list[tuple[str, str]]:
    """Artifact and version of each line `group:artifact:version`."""
    return re.findall(r"^[^#:\s]+:([^:\s]+):([^:\s]+)$", packages, flags=re.MULTILINE)


def spark_jars() -> set[str]:
    """The file names in the jars folder of this environment's pyspark; none where there is no pyspark."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        return set()
    return {path.name for path in (Path(spec.origin).parent / "jars").glob("*.jar")}


def listed(facts: list[str], most: int = 3) -> str:
    """The first few facts, and how many more there are."""
    more = f" and {len(facts) - most} more" if len(facts) > most else ""
    return ", ".join(facts[:most]) + more
