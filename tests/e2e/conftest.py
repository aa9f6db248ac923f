"""Jobs as a person submits them: spark-submit in a process of its own, with a home of its own."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.services.kafka import Kafka
from tests.services.mosquitto import Mosquitto
from tidemill.demo.runner import COMPILED_QUICKLY, QUICK_START

REPOSITORY = Path(__file__).parents[2]
SPARK_SUBMIT = (
    str(Path(sys.executable).parent / "spark-submit"),
    *("--driver-java-options", COMPILED_QUICKLY),
    *QUICK_START,
)


class Ended(NamedTuple):
    """How a job ended."""

    status: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        return json.loads(self.out)


class Job:
    """Submits jobs on one home, where they are given with more environment variables, a command before each, and
    options of spark-submit.
    """

    def __init__(self, home: Path, variables: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.variables = dict(variables or {})
        self.prefix: list[str] = []
        self.options: list[str] = []

    def start(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a job, with its processes in a group of their own."""
        return subprocess.Popen(
            [*self.prefix, *SPARK_SUBMIT, *self.options, f"jobs/{name}.py", "--home", str(self.home), *arguments],
            cwd=REPOSITORY,
            env={**environment(), **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, name: str, *arguments: str) -> Ended:
        process = self.start(name, *arguments)
        out, err = process.communicate(timeout=900)
        return Ended(process.returncode, out, err)

    def beside(self, name: str) -> "Job":
        """Jobs on another home."""
        return Job(self.home.with_name(name), self.variables)


def environment() -> dict[str, str]:
    """This process's environment less what would choose another Spark or another configuration."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "TIDEMILL_"))}
    return {**own, "PATH": f"{Path(sys.executable).parent}:{own['PATH']}"}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "home")


@pytest.fixture(scope="session")
def job_at() -> Callable[[Path], Job]:
    """Jobs on a home that is there already."""
    return Job


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[tuple[Mosquitto, Kafka]]:
    """An MQTT broker, and Kafka with a topic for numbered readings."""
    for name in ("mqtt", "kafka"):
        (tmp_path / name).mkdir()
    mqtt, kafka = Mosquitto(tmp_path / "mqtt").start(), Kafka(tmp_path / "kafka").start()
    kafka.topic("numbered", 2)
    yield mqtt, kafka
    mqtt.stop()
    kafka.stop()


@pytest.fixture
def table() -> Callable[[Path, str], list[dict[str, Any]]]:
    """The rows of a table as plain values, in an order of their own, read without Spark."""
    from deltalake import DeltaTable

    def read(home: Path, name: str, without: Iterable[str] = ()) -> list[dict[str, Any]]:
        rows = DeltaTable(str(home / "lake" / name.replace(".", "/"))).to_pyarrow_table().to_pylist()
        kept = [{key: value for key, value in row.items() if key not in without} for row in rows]
        return sorted(kept, key=lambda row: json.dumps(row, default=str, sort_keys=True))

    return read


class Demo(NamedTuple):
    """The demo's home, and how its command ended."""

    home: Path
    ended: Ended


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """`tidemill demo` in a home of its own, run once for all tests and all processes that share them: some minutes."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    home, told = folder / "demo" / "home", folder / "demo.json"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(demonstrated(home)))
    return Demo(home, Ended(*json.loads(told.read_text())))


def demonstrated(home: Path) -> Ended:
    """Run the demo."""
    command = [sys.executable, "-c", "from tidemill.cli.main import run; run()", "demo", "--home", str(home)]
    process = subprocess.run(
        command, cwd=REPOSITORY, env=environment(), check=False, capture_output=True, text=True, timeout=3000
    )
    return Ended(process.returncode, process.stdout, process.stderr)
