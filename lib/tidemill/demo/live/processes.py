"""The bridge and the stream as processes of their own, as an operator starts them."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tidemill.config import Config
from tidemill.demo.live.sensors import DATASET
from tidemill.demo.runner import COMPILED_QUICKLY, EXECUTABLES, QUICK_START, SubmitMissing, stop
from tidemill.errors import RunFailed

ENDING_SECONDS = 180
"""How long a process may take to end when it is told to: a stream takes the batch under way to its end."""


class ProcessEnded(RunFailed):
    """The bridge or the stream ended though nobody had told it to, or badly."""

    def __init__(self, name: str, status: int | None, said: str, log: Path) -> None:
        ended = "did not end when it was told to" if status is None else f"ended with exit status {status}"
        super().__init__(f"the demo's {name} {ended}: {said} Its log: {log}")


class Child:
    """A process for the length of a with block; however that ends, the process has ended too.

    Args:
        name: for messages; its log is LOGS/live-NAME.log.
        command: what to run, in the project's folder.
        config: of the home to work in.
        logs: a folder.

    Raises:
        SubmitMissing: on entering: there is no such command.
    """

    def __init__(self, name: str, command: Sequence[str], config: Config, logs: Path) -> None:
        self.name = name
        self.log = logs / f"live-{name}.log"
        self._command, self._project = list(command), config.conf_dir.parent
        self._process: subprocess.Popen[str] | None = None
        self._files: list[IO[str]] = []

    def __enter__(self) -> Self:
        if not Path(self._command[0]).is_file():
            raise SubmitMissing(Path(self._command[0]))
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._files = [self.log.open("w"), self.log.with_suffix(".out").open("w")]
        environment = {
            **os.environ,
            "PATH": f"{EXECUTABLES}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYSPARK_PYTHON": sys.executable,
            "MQTT_PASSWORD": "any",
        }
        environment.pop("SPARK_HOME", None)
        errors, output = self._files
        # In a session of its own: Ctrl-C is for the demo, which then ends it.
        self._process = subprocess.Popen(
            self._command,
            cwd=self._project,
            env=environment,
            stdout=output,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            stop(self._process)
        for file in self._files:
            file.close()

    def require(self) -> None:
        """Raise an error where the process has ended.

        Raises:
            ProcessEnded: it has.
        """
        status = self._process.poll() if self._process else None
        if status is not None:
            raise ProcessEnded(self.name, status, self._said(), self.log)

    def end(self) -> None:
        """Have it end by itself.

        Raises:
            ProcessEnded: with another status than 0, or not at all.
        """
        assert self._process is not None  # noqa: S101 - within the block
        with suppress(ProcessLookupError):
            # To the process alone: what it started is its own to end.
            self._process.send_signal(signal.SIGTERM)
        try:
            status: int | None = self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            status = None
        if status != 0:
            raise ProcessEnded(self.name, status, self._said(), self.log)

    def has_logged(self, word: str) -> bool:
        """Whether the log has this word by now."""
        return word in self.log.read_text(errors="replace")

    def _said(self) -> str:
        said = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        own = [line for line in said if line.startswith(("stream: ", "tidemill: "))]
        return (own or said or ["it said nothing."])[-1]


def bridge(config: Config, broker: str, logs: Path) -> Child:
    """`tidemill bridge` on a broker's URL."""
    command = [str(EXECUTABLES / "tidemill"), "bridge", *_request(config, broker)]
    return Child("bridge", command, config, logs)


def stream(config: Config, broker: str, logs: Path) -> Child:
    """`spark-submit jobs/stream.py`, which goes on until it is told to stop."""
    submit = [str(EXECUTABLES / "spark-submit"), "--driver-java-options", COMPILED_QUICKLY, *QUICK_START]
    return Child("stream", [*submit, "jobs/stream.py", *_request(config, broker)], config, logs)


def _request(config: Config, broker: str) -> Sequence[str]:
    return ("--dataset", DATASET, "--home", config.home, "--set", f"variables.mqtt={broker}")
