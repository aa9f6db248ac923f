"""Parse delivered files into bronze's layout."""

import heapq
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import BinaryIO

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from tidemill.formats.avro_records import avro_batches
from tidemill.formats.compression import opened, source_uri, unpacked
from tidemill.formats.csv_records import csv_batches
from tidemill.formats.json_records import json_batches, jsonl_batches
from tidemill.formats.layout import RECORD_COLUMNS, Layout
from tidemill.formats.location import canonical_uri, open_file, shown_path
from tidemill.formats.parquet_rows import parquet_rows
from tidemill.formats.recognised import Recognised
from tidemill.formats.sheet_rows import sheet_batches
from tidemill.formats.stores import use_settings, use_spark_settings
from tidemill.formats.typed_files import typed_rows
from tidemill.formats.xml_records import xml_batches

_Parser = Callable[[BinaryIO, Recognised, Layout, str], Iterator[pa.RecordBatch]]
_PARSERS: dict[str, _Parser] = {
    "csv": csv_batches,
    "json": json_batches,
    "jsonl": jsonl_batches,
    "avro": avro_batches,
    "xlsx": sheet_batches,
    "xml": xml_batches,
}

# Small files share a task, up to these bytes; a file is one task's, whatever its size.
_TASK_BYTES = 32 << 20
_FEWEST_TASKS = 8
_FILE_COST_BYTES = 64 << 10


def delivered(
    spark: SparkSession, files: Sequence[tuple[str, Recognised]], fields: Mapping[str, str], ragged: bool = False
) -> DataFrame:
    """Read files of any recognised format as they were delivered, in bronze's layout without the run's columns.

    Args:
        spark: the session.
        files: URI (or local path) and how to read it; a zip of several files once for each of them.
        fields: contract column name -> delivered name, which may be a dotted path into nested records (`address.city`;
            a delivered column of just that name wins).
        ragged: whether a csv record with too few fields (null) or too many (`column_N`, N from 1) counts as parsed.

    Returns:
        One row a record, all columns strings: those of `fields`; `_rescued` (JSON object of whatever else was
        delivered, or null); `_raw` (the text of a record that did not parse, all others null; bytes that do not decode
        as backslash escapes); `_source` (URI of the file, behind it `!/` and the name within a zip of several files);
        `_position` (12 digits, from 1: the record's number; in jsonl the line's, in a workbook the sheet's row). An
        empty csv field is "", a null of JSON and of the binary formats is null.
    """
    located = [(canonical_uri(uri), recognised) for uri, recognised in files]
    texts = [(uri, recognised) for uri, recognised in located if recognised.format in _PARSERS]
    typed: defaultdict[tuple[bool, tuple[str, ...], tuple[str, ...]], list[tuple[str, Recognised]]] = defaultdict(list)
    for uri, recognised in located:
        if recognised.format not in _PARSERS:
            # What Spark can read by itself stays with it.
            by_spark = recognised.format == "parquet" and not recognised.compression
            typed[by_spark, recognised.columns, recognised.types].append((uri, recognised))
    parts = [
        parquet_rows(spark, [uri for uri, _ in group], fields, dict(zip(columns, types, strict=True)))
        if by_spark
        else typed_rows(spark, shared_tasks(group), fields)
        for (by_spark, columns, types), group in typed.items()
    ]
    if texts:
        parts.append(_texts(spark, texts, fields, ragged))
    if not parts:
        return spark.createDataFrame([], layout_schema(fields))
    return reduce(DataFrame.union, parts)


def layout_schema(fields: Mapping[str, str]) -> StructType:
    """The schema of `delivered`: every column a nullable string."""
    return StructType([StructField(name, StringType()) for name in (*fields, *RECORD_COLUMNS)])


def shared_tasks(files: Sequence[tuple[str, Recognised]]) -> list[list[tuple[str, Recognised]]]:
    """Divide files among tasks: the largest first, each to the task with the fewest bytes so far."""
    total = sum(recognised.size for _, recognised in files)
    tasks: list[list[tuple[str, Recognised]]] = [
        [] for _ in range(min(len(files), max(_FEWEST_TASKS, total // _TASK_BYTES)))
    ]
    loads = [(0, number) for number in range(len(tasks))]
    for uri, recognised in sorted(files, key=lambda file: -file[1].size):
        load, number = heapq.heappop(loads)
        tasks[number].append((uri, recognised))
        # A file costs something even where it is small.
        heapq.heappush(loads, (load + recognised.size + _FILE_COST_BYTES, number))
    return tasks


def _texts(
    spark: SparkSession, files: Sequence[tuple[str, Recognised]], fields: Mapping[str, str], ragged: bool
) -> DataFrame:
    tasks = [(json.dumps([(uri, recognised.to_json()) for uri, recognised in task]),) for task in shared_tasks(files)]
    wanted = dict(fields)
    store = use_spark_settings(spark)

    def parse(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        use_settings(store)
        for batch in batches:
            for task in batch.column(0).to_pylist():
                for uri, recognised in json.loads(task):
                    yield from parsed_file(uri, Recognised.from_json(recognised), wanted, ragged)

    # Dealt out from one partition, each of the rows gets a task of its own.
    dealt = spark.createDataFrame(tasks, "files string").coalesce(1).repartition(len(tasks))
    return dealt.mapInArrow(parse, layout_schema(fields))


def parsed_file(
    uri: str, recognised: Recognised, fields: Mapping[str, str], ragged: bool = False
) -> Iterator[pa.RecordBatch]:
    """Parse one file of a format that is parsed record by record, without Spark.

    Args:
        uri: as `canonical_uri` writes it.
        recognised: how to read it.
        fields: as for `delivered`.
        ragged: as for `delivered`.

    Yields:
        Batches of a few MiB in `delivered`'s layout.

    Raises:
        MissingFile: it is gone.
        RecordTooLong: a record does not end.
        DamagedArchive, ExpandsTooFar: it cannot be decompressed to its end.
        RunFailed: what the format's own parser raises.
    """
    source = source_uri(uri, recognised.member)
    with open_file(uri) as file, opened(file, recognised.compression, uri, recognised.member) as (content, _):
        layout, path = Layout(fields, source, ragged), shown_path(source)
        if recognised.format == "xlsx" and recognised.compression:
            with unpacked(content) as copy:
                yield from sheet_batches(copy, recognised, layout, path)
        else:
            yield from _PARSERS[recognised.format](content, recognised, layout, path)
