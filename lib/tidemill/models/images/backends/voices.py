"""How ranks in other processes are heard: lines for people, and the errors that end them."""

import contextlib
import io
import json
import secrets
import socket
import socketserver
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TextIO

import structlog
from pyspark.sql import SparkSession

from tidemill.config import configure_logging
from tidemill.errors import RequestWrong, RunFailed, TidemillError

Tell = Callable[[str], None]

HERE = "127.0.0.1"
LINES_KEPT = 100
# Seconds for a rank to reach the launcher, and for what the ranks have said last to arrive.
REACHING, ARRIVING = 10.0, 3.0


class RankFailed(RunFailed):
    """A rank ended before the training did."""

    def __init__(self, backend: str, detail: str) -> None:
        super().__init__(
            f"a rank of the training ended too early, and so the others were stopped ({backend}: {detail}). Run it "
            "again: it goes on from the last checkpoint."
        )


class Address(NamedTuple):
    """Where ranks are heard, and the word that tells them from strangers."""

    host: str
    port: int
    token: str


class Voice:
    """A rank's way to say something to the one that started it; where it cannot be heard, the work goes on.

    Args:
        address: where it is heard.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._line: TextIO | None = None
        self._silent = False

    def say(self, **what: Any) -> None:
        """Say something that JSON can."""
        if self._silent:
            return
        try:
            if self._line is None:
                connection = socket.create_connection(self._address[:2], timeout=REACHING)
                self._line = connection.makefile("w", encoding="utf-8")
                self._line.write(f"{self._address.token}\n")
            self._line.write(f"{json.dumps(what)}\n")
            self._line.flush()
        except OSError:
            self._silent = True

    @contextlib.contextmanager
    def complaining(self) -> Iterator[None]:
        """Say an error of ours before it ends this rank."""
        try:
            yield
        except TidemillError as error:
            self.say(status=error.exit_status, error=str(error))
            raise


def log_what_is_wrong() -> None:
    """Have a rank's process log warnings alone, where nobody has said what it is to log: it would log everything."""
    if not structlog.is_configured():
        configure_logging("warning")


class Ear:
    """Hears the ranks of a training.

    Args:
        tell: is given their lines for people.
        terminal: where what `tell` writes to stderr ends up while that of the ranks is taken away.
    """

    def __init__(self, tell: Tell, terminal: "Listener") -> None:
        self._tell, self._terminal = tell, terminal
        self._error: tuple[int, str] | None = None
        self.token = secrets.token_hex(16)
        self.listening = 0

    def take(self, line: str) -> None:
        """Take in what a rank said."""
        said = json.loads(line)
        if "tell" in said:
            with self._terminal.reached():
                self._tell(str(said["tell"]))
        elif self._error is None:
            self._error = int(said["status"]), str(said["error"])

    def failure(self, backend: str, detail: str) -> RunFailed | RequestWrong:
        """Why the training failed: the first rank's own error, or else what the launcher says."""
        until = time.monotonic() + ARRIVING
        while self.listening and self._error is None and time.monotonic() < until:
            time.sleep(0.05)
        if self._error is None:
            return RankFailed(backend, _one_line(detail))
        status, message = self._error
        return RequestWrong(message) if status == RequestWrong.exit_status else RunFailed(message)


class Listener(io.TextIOBase):
    """Takes the place of stdout and stderr while ranks run whose output the launcher copies there.

    Args:
        terminal: where the output of threads that reach it goes.
    """

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._thread = threading.local()
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def write(self, text: str) -> int:
        """Take in a piece of output."""
        if getattr(self._thread, "reaches", False):
            return self._terminal.write(text)
        self.lines.extend(line for line in str(text).splitlines() if line.strip())
        return len(text)

    @contextlib.contextmanager
    def reached(self) -> Iterator[None]:
        """Let this thread's output through while the block runs."""
        self._thread.reaches = True
        try:
            yield
        finally:
            self._thread.reaches = False


class Hearing(NamedTuple):
    """What a launcher needs to hear its ranks."""

    ear: Ear
    address: Address
    output: Listener


@contextlib.contextmanager
def hearing(tell: Tell, spark: SparkSession | None) -> Iterator[Hearing]:
    """Hear ranks, and keep what they print from the terminal, while the block runs."""
    output = Listener(sys.stderr)
    ear = Ear(tell, output)
    host, bound = _hosts(spark)
    with socketserver.ThreadingTCPServer((bound, 0), _handler(ear)) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                yield Hearing(ear, Address(host, server.server_address[1], ear.token), output)
        finally:
            server.shutdown()


def _hosts(spark: SparkSession | None) -> tuple[str, str]:
    """Under which name executors reach the driver, and at which address it listens."""
    if spark is None:
        return HERE, HERE
    configured = spark.sparkContext.getConf()
    host = configured.get("spark.driver.host") or HERE
    return host, configured.get("spark.driver.bindAddress") or host


def _handler(ear: Ear) -> type[socketserver.StreamRequestHandler]:
    class Heard(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if not secrets.compare_digest(self.rfile.readline().strip(), ear.token.encode()):
                return
            ear.listening += 1
            try:
                for line in self.rfile:
                    ear.take(line.decode())
            except (OSError, ValueError):  # its rank was killed in the middle of a word
                pass
            finally:
                ear.listening -= 1

    return Heard


def _one_line(detail: str) -> str:
    lines = [line.strip() for line in detail.splitlines() if line.strip()]
    return " ".join(lines)[:300] if lines else "no reason was given"
