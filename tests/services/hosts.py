"""Several hosts on one machine: each has an address, a name, an interface and processes of its own.

A host is a set of Linux namespaces that lasts as long as a process of ours holds them. It ends with all that runs on
it, whatever becomes of the test, and nothing of it is left in the machine's own network.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

# Horovod takes the driver's address from the interface that has the name of the workers'.
INTERFACE = "tidemill0"
# The shell waits, and so takes in what has lost its parent on its host.
_HOLD = 'mount --bind "$1" /etc/hosts && hostname "$2" && ip link set lo up && echo up && cat; :'
_OWN = ("--net", "--uts", "--mount", "--pid")


class Host:
    """A host that is up.

    Args:
        name: that it has, and by which the others reach it.
        address: on the network of all hosts.
        names: what is /etc/hosts there.
    """

    def __init__(self, name: str, address: str, names: Path) -> None:
        self.name, self.address = name, address
        command = ["unshare", *_OWN, "--fork", "--kill-child", "--mount-proc", "sh", "-c", _HOLD, "sh", names, name]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self._holder = subprocess.Popen(command, **pipes)
        self._started: list[subprocess.Popen] = []
        if self._holder.stdout.readline().strip() != "up":
            pytest.skip(f"no hosts can be made here: {self._holder.communicate()[1].strip()}")
        self.pid = psutil.Process(self._holder.pid).children()[0].pid

    @property
    def prefix(self) -> list[str]:
        """What a command that runs there begins with."""
        return ["nsenter", "--target", str(self.pid), *_OWN, f"--wd={Path.cwd()}"]

    def start(self, command: Sequence[str], log: Path, variables: Mapping[str, str]) -> subprocess.Popen:
        """Start a server there."""
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*self.prefix, *command], env={**os.environ, **variables}, stdout=file, stderr=file
            )
        self._started.append(process)
        return process

    def processes(self, word: str) -> list[psutil.Process]:
        """What runs there whose command has a word in it."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if _world(process.pid) == _world(self.pid) and any(word in part for part in process.cmdline()):
                    found.append(process)
        return found

    def stop(self) -> None:
        """End it and all that runs on it."""
        self._holder.kill()
        for process in (self._holder, *self._started):
            process.wait(timeout=30)


def _world(pid: int) -> Path:
    return Path(f"/proc/{pid}/ns/pid").readlink()


@contextmanager
def hosts(folder: Path, *names: str) -> Iterator[list[Host]]:
    """Hosts on one network, the first of which is where their cables meet; or skip the test where none can be made.

    Args:
        folder: an empty one.
        names: of the hosts.
    """
    if os.geteuid() != 0:
        pytest.skip("hosts of their own need root: sudo make test-slow")
    addresses = {name: f"10.77.0.{number}" for number, name in enumerate(names, start=1)}
    known = folder / "hosts"
    known.write_text("".join(f"{at} {name}\n" for name, at in {"localhost": "127.0.0.1", **addresses}.items()))
    up: list[Host] = []
    try:
        for name, address in addresses.items():
            up.append(Host(name, address, known))
        _join(*up)
        yield up
    finally:
        for host in up:
            host.stop()


def _join(first: Host, *others: Host) -> None:
    """Lay a cable from each host to a bridge on the first."""
    _ip(first, "link", "add", INTERFACE, "type", "bridge")
    for number, host in enumerate(others):
        end = ("peer", "name", f"port{number}", "netns", str(first.pid))
        _ip(None, "link", "add", INTERFACE, "netns", str(host.pid), "type", "veth", *end)
        _ip(first, "link", "set", f"port{number}", "master", INTERFACE, "up")
    for host in (first, *others):
        _ip(host, "address", "add", f"{host.address}/24", "dev", INTERFACE)
        _ip(host, "link", "set", INTERFACE, "up")


def _ip(host: Host | None, *arguments: str) -> None:
    subprocess.run([*(host.prefix if host else ()), "ip", *arguments], check=True)
