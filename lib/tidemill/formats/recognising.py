"""Recognise many files: on this machine where they are few, on the executors where they are many."""

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from tidemill.errors import RunFailed
from tidemill.formats.recognised import Recognised
from tidemill.formats.recognition import recognise_all
from tidemill.formats.stores import use_settings, use_spark_settings

# Up to this many are looked at sooner than Spark starts workers for them.
FEW = 300
FILES_A_TASK = 250
# Only heads and tails of files are read, so that waiting for them is most of the time.
READERS = 8


def recognise_each(
    spark: SparkSession, uris: Sequence[str], declared: str = "auto", records: str = ""
) -> list[list[Recognised]]:
    """As `recognise_all` for each of the files; of many, the reasons (`why`) are left out.

    Args:
        spark: the session.
        uris: of the files.
        declared: see `recognise`.
        records: see there.

    Raises:
        RunFailed: as `recognise`, for the first file that is not recognised.
    """
    store = use_spark_settings(spark)
    if len(uris) <= FEW:
        return list(_here(uris, declared, records))
    # Dealt out from one partition, each of the rows gets a task of its own.
    tasks = [(place, json.dumps(some)) for place, some in enumerate(_batched(uris, FILES_A_TASK))]
    dealt = spark.createDataFrame(tasks, "place int, uris string").coalesce(1).repartition(len(tasks))

    def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        use_settings(store)
        for batch in batches:
            for task in batch.to_pylist():
                found = _as_json(_here_or_error(json.loads(task["uris"]), declared, records))
                yield pa.RecordBatch.from_pylist([{"place": task["place"], "found": found}], _FOUND)

    told = dealt.mapInArrow(look, "place int, found string").collect()  # one row a task, each shape once
    return [shapes for row in sorted(told) for shapes in _from_json(row["found"])]


_FOUND = pa.schema([("place", pa.int32()), ("found", pa.string())])


def _here(uris: Sequence[str], declared: str, records: str) -> Iterator[list[Recognised]]:
    alike: dict[str, Any] = {}
    with ThreadPoolExecutor(READERS) as readers:
        yield from readers.map(lambda uri: recognise_all(uri, declared, records, alike), uris)


def _here_or_error(uris: Sequence[str], declared: str, records: str) -> list[list[Recognised]] | RunFailed:
    try:
        return list(_here(uris, declared, records))
    except RunFailed as error:
        return error


def _as_json(found: list[list[Recognised]] | RunFailed) -> str:
    if isinstance(found, RunFailed):
        return json.dumps({"error": str(found)})
    shapes: dict[str, int] = {}
    files = [
        [(shapes.setdefault(replace(one, size=0, why=()).to_json(), len(shapes)), one.size) for one in each]
        for each in found
    ]
    return json.dumps({"shapes": list(shapes), "files": files})


def _from_json(text: str) -> Iterator[list[Recognised]]:
    told = json.loads(text)
    if "error" in told:
        raise RunFailed(told["error"])
    shapes = [Recognised.from_json(shape) for shape in told["shapes"]]
    for file in told["files"]:
        yield [replace(shapes[place], size=size) for place, size in file]


def _batched(uris: Sequence[str], count: int) -> Iterator[Sequence[str]]:
    return (uris[start : start + count] for start in range(0, len(uris), count))
