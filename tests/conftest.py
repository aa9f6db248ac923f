"""One Spark session for all tests in this process, and a lake of its own for each test that asks for one."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidemill.lake import Lake
from tidemill.session import keep_lookups

# What is made once for all tests of a process and takes long.
COSTLY = ("demo", "kafka", "postgres", "ran")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests (-n), keep a file's in one, and those that share something costly."""
    group_of = {item.path: str(item.path) for item in items}
    for item in items:
        for costly in COSTLY:
            if costly in getattr(item, "fixturenames", ()):
                group_of[item.path] = costly
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of[item.path]))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.appName("tests")
        .master("local[2]")
        .config("spark.driver.memory", "2g")
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


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    return Lake(spark, str(tmp_path / "lake"))
