"""A PostgreSQL of one's own, for tests and for trying things out: on a free port, gone with the process.

By hand, from the project's folder: `python tests/services/postgres.py` prints its address and runs until Ctrl-C.
"""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

USER = "tidemill"
PASSWORD = "correct-horse"  # of a server that only this machine reaches, for the length of a test
DATABASE = "shop"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "30",
    "lc_messages": "C",
}


class Postgres:
    """A server with an empty database `shop`, owned by the user `tidemill`, who must give a password."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.user, self.password, self.database = USER, PASSWORD, DATABASE
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def jdbc_url(self) -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/{self.database}"

    @property
    def url(self) -> str:
        return f"postgresql://127.0.0.1:{self.port}/{self.database}"

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """A connection on which every statement is a transaction of its own."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user=USER, password=PASSWORD, autocommit=True
        )

    def execute(self, *statements: str) -> None:
        """Run statements in a connection of their own, each committed."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        places = ["-D", str(self.folder / "data"), "-k", str(self.folder), "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(binaries() / "postgres"), *places, *options],
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - nothing but a system call
                **_as_ordinary_user(),
            )
        self._answered()

    def stop(self) -> None:
        """End the server at once, its connections with it, as if the machine had gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=60)
            self._process = None

    def initialise(self) -> None:
        """Make the data folder and the database; the server runs when this returns."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for place in (self.folder, secret):
                shutil.chown(place, _ordinary_user())
        command = [binaries() / "initdb", "-D", self.folder / "data", "-U", USER, "--pwfile", secret]
        subprocess.run(
            [*map(str, command), "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
            **_as_ordinary_user(),
        )
        self.start()
        with self.connect("postgres") as connection:
            connection.execute(f"create database {DATABASE}")

    @retry(retry=retry_if_exception_type(psycopg.OperationalError), wait=wait_fixed(0.05), stop=stop_after_delay(60))
    def _answered(self) -> None:
        self.connect("postgres").close()


def binaries() -> Path:
    """The folder of PostgreSQL's programs: the one on PATH, else the newest that Debian installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.fail("PostgreSQL is missing: sudo apt-get install postgresql", pytrace=False)
    return folders[-1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ordinary_user() -> str:
    """PostgreSQL refuses to run as root."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as_ordinary_user() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(_ordinary_user())
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _end_with_parent() -> None:
    """Have the kernel end the server when whoever started it ends, however that is (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server for the length of a with block, in a folder that goes with it."""
    # Not below pytest's folders, which only their owner may enter, and short, as a socket's path must be.
    folder = Path(tempfile.mkdtemp(prefix="tidemill-postgres-"))
    server = Postgres(folder)
    try:
        server.initialise()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of this process; a test takes tables of its own names."""
    with running_postgres() as server:
        yield server


def main() -> None:
    """Run a server until Ctrl-C."""
    with running_postgres() as server:
        sys.stdout.write(f"{server.url} user {USER} password {PASSWORD}; Ctrl-C ends it and removes its data\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
