"""One Spark session for all tests in this process, and a lake of its own for each test that asks for one."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog
from pyspark.sql import SparkSession

from tidemill.demo.runner import COMPILED_LATER
from tidemill.lake import Lake
from tidemill.session import keep_lookups

# Before anything loads OpenMP: whoever runs tests runs several at once, and its threads wait for each other on a core
# that another one has. The trainings of one unit test's file took 300 processor seconds so, and take 50.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples in each run, so that a change is judged by what it does; `make explore` looks for others.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is slow, where no marker is asked for."""
    if config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.appName("tests")
        .master("local[2]")
        .config("spark.driver.memory", "3g")
        # Both compilers: a session of an hour plans thousands of queries. Room for what they leave behind, which is
        # otherwise collected four hundred times.
        .config("spark.driver.extraJavaOptions", f"{COMPILED_LATER} -Xms2g -Xmn1g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        # Hundreds of small queries, each run once: interpreting them costs less than compiling them.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    keep_lookups(session)
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """What a command sets for its own process does not outlast its test."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    return Lake(spark, str(tmp_path / "lake"))
