"""Run a job as a user would: through spark-submit, in a process of its own that ends when this one is stopped."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Any

from tidemill.demo.steps import Step
from tidemill.errors import RunFailed

EXECUTABLES = Path(sys.executable).parent
# Files of a few rows are read, not looked up, and small plans run as they are. None of it changes a result.
SMALL_TABLES = (
    *("--conf", "spark.sql.adaptive.enabled=false"),
    *("--conf", "spark.databricks.delta.stats.skipping=false"),
)
# What meets few rows in a short-lived JVM is interpreted: to compile it costs more.
QUICK_START = (
    *("--conf", "spark.sql.codegen.wholeStage=false"),
    *("--conf", "spark.sql.codegen.factoryMode=NO_CODEGEN"),
    *SMALL_TABLES,
)
# Room for Spark's classes from the start, which the JVM otherwise collects all its heap for, several times.
JVM = "-XX:+UseSerialGC -XX:MetaspaceSize=256m -Duser.timezone=UTC"
# What runs once is not worth compiling well: the quick compiler alone takes half the processor time of both. With it
# alone the JVM keeps room for 48 MB of code, which Spark fills in minutes: then compiled methods are thrown away again.
COMPILED_QUICKLY = f"{JVM} -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
# Where much of the same runs for minutes both compilers pay, the good one for what is called four times as often as it
# usually waits for.
COMPILED_LATER = (
    f"{JVM} -XX:Tier4InvocationThreshold=20000 -XX:Tier4MinInvocationThreshold=2400 "
    "-XX:Tier4CompileThreshold=60000 -XX:Tier4BackEdgeThreshold=160000"
)
# Its report shuffles eighty columns in turn.
REPEATING = ("train_housing",)
# For its reasons a model answers each row again for each of its columns, and the intervals of churn's figures are those
# of four hundred draws of its hold-out: hundreds of thousands of rows.
MANY_ROWS = ("score", "train_churn")
GRACE_SECONDS = 10
"""How long a stopped job may take to end by itself."""


class StepFailed(RunFailed):
    """A job of the demo ended with another status than 0."""

    def __init__(self, step: Step, status: int, reason: str, command: Sequence[str], log: Path) -> None:
        super().__init__(
            f"the demo stopped at '{step.name}' (exit status {status}): {reason} "
            f"Run that job again: {shlex.join(command)} -- or the whole demo, which keeps what is done. Its log: {log}"
        )
        self.exit_status = 2 if status == 2 else 1


class SubmitMissing(RunFailed):
    """There is no spark-submit, or no job, to run."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not there, so no job can be submitted. Run it in the project's folder, after: make setup"
        )


@dataclass(frozen=True)
class Outcome:
    """What a job did.

    Attributes:
        step: the step.
        seconds: wall time of its whole process, the start of the JVM included.
        result: the job's one JSON line.
    """

    step: Step
    seconds: float
    result: Mapping[str, Any]

    def rows(self, what: str) -> int | None:
        """The sum of `rows_WHAT` over the job's runs; None where none of them counted it."""
        counts = [run.get(f"rows_{what}") for run in self.result.get("runs", [])]
        counted = [count for count in counts if count is not None]
        return sum(counted) if counted else None


def submit(
    step: Step,
    project: Path,
    home: str,
    logs: Path,
    heard: Callable[[str], None] = lambda line: None,
    executables: Path = EXECUTABLES,
    running: "set[subprocess.Popen[str]] | None" = None,
) -> Outcome:
    """Submit a step's job and wait for its end.

    Args:
        step: the job and its arguments.
        project: the folder that holds jobs/ and conf/.
        home: handed to the job as --home.
        logs: a folder for what the job writes to stderr; one file a step, replaced each time.
        heard: called, from another thread, with each line that the job itself says while it runs.
        executables: the folder of spark-submit; it comes first on the job's PATH.
        running: holds the job's process while it runs, for another thread to `stop`.

    Returns:
        The job's result and wall time.

    Raises:
        SubmitMissing: spark-submit or the job's file is not there.
        StepFailed: the job failed; says the job's own line.
    """
    job = Path("jobs") / f"{step.job}.py"
    for needed in (executables / "spark-submit", project / job):
        if not needed.is_file():
            raise SubmitMissing(needed)
    request = [str(job), *step.arguments, "--home", home]
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{step.name.replace(' ', '-')}.log"
    began = time.monotonic()

    def listen(errors: IO[str]) -> None:
        with log.open("w") as file:
            for line in errors:
                file.write(line)
                if line.startswith(f"{step.job}: "):
                    heard(line.removeprefix(f"{step.job}: ").strip())

    compiled = COMPILED_LATER if step.job in REPEATING else COMPILED_QUICKLY
    settings = SMALL_TABLES if step.job in MANY_ROWS else QUICK_START
    command = [str(executables / "spark-submit"), "--driver-java-options", compiled, *settings, *request]
    status, output = _run(command, project, executables, listen, set() if running is None else running)
    result = _result(output)
    if status != 0 or result is None:
        raise StepFailed(step, status, _reason(log, step), ["spark-submit", *request], log)
    return Outcome(step, time.monotonic() - began, result)


def _run(
    command: Sequence[str],
    project: Path,
    executables: Path,
    listen: Callable[[IO[str]], None],
    running: set[subprocess.Popen[str]],
) -> tuple[int, str]:
    environment = {
        **os.environ,
        "PATH": f"{executables}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYSPARK_PYTHON": sys.executable,
    }
    # Another Spark's home would be preferred to the one that the set-up made.
    environment.pop("SPARK_HOME", None)
    # A session of its own: spark-submit is a shell, a JVM and a Python, and all of them must end together.
    process = subprocess.Popen(
        command,
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    listener = Thread(target=listen, args=(process.stderr,), daemon=True)
    listener.start()
    running.add(process)
    try:
        output = process.stdout.read() if process.stdout else ""
        process.wait()
    finally:
        running.discard(process)
        if process.poll() is None:
            stop(process)
        listener.join(GRACE_SECONDS)
    return process.returncode, output


def stop(process: subprocess.Popen[str]) -> None:
    """End a job with all its processes: by request, and after a while by force."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(GRACE_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _result(output: str) -> Mapping[str, Any] | None:
    for line in reversed(output.splitlines()):
        with suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                return found
    return None


def _reason(log: Path, step: Step) -> str:
    said = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    own = [line for line in said if line.startswith(f"{step.job}: ")]
    return (own or said or ["it said nothing."])[-1]
