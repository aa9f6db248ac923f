"""What Spark's Python workers are spared: importing what they need, and listing archives that are as they were."""

import importlib
import sys
import zipfile
import zipimport
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from tidemill.session.python_workers import IMPORTED, look_only_at_changed_archives

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python does so by itself")


@pytest.fixture
def importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[zipimport.zipimporter]:
    """Of an archive with one module, where archives are listed again only when they changed."""
    write(tmp_path / "some.zip", "first")
    monkeypatch.setattr(zipimport.zipimporter, "invalidate_caches", zipimport.zipimporter.invalidate_caches)
    look_only_at_changed_archives()
    yield zipimport.zipimporter(str(tmp_path / "some.zip"))
    zipimport._zip_directory_cache.pop(str(tmp_path / "some.zip"), None)  # type: ignore[attr-defined]


def write(archive: Path, *modules: str) -> None:
    """An archive of empty modules."""
    with zipfile.ZipFile(archive, "w") as made:
        for name in modules:
            made.writestr(f"{name}.py", "")


def test_an_archive_that_changed_is_listed_again(importer: zipimport.zipimporter) -> None:
    importer.invalidate_caches()
    write(Path(importer.archive), "first", "second")

    importer.invalidate_caches()

    assert importer.find_spec("second") is not None


def test_an_archive_that_is_as_it_was_is_not_read(
    importer: zipimport.zipimporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    importer.invalidate_caches()
    read: list[str] = []
    monkeypatch.setattr(zipimport, "_read_directory", read.append)

    importer.invalidate_caches()

    assert read == []
    assert importer.find_spec("first") is not None


def test_an_archive_that_is_gone_has_no_modules(importer: zipimport.zipimporter) -> None:
    importer.invalidate_caches()
    Path(importer.archive).unlink()

    importer.invalidate_caches()

    assert importer.find_spec("first") is None


def test_what_workers_are_given_can_be_imported() -> None:
    assert all(importlib.import_module(name) for name in IMPORTED)


def test_a_worker_comes_from_a_process_that_has_imported_what_it_needs(spark: SparkSession) -> None:
    def running(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for _ in batches:
            yield pd.DataFrame({"module": [sys.modules["__main__"].__spec__.name]})  # type: ignore[union-attr]

    found = spark.range(1, numPartitions=1).mapInPandas(running, "module string").collect()

    assert [row.module for row in found] == ["tidemill.session.python_workers"]
