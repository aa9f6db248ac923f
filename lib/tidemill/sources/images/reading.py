"""Read images' bytes, each with its label, into bronze's layout for images."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from tidemill.contract.images import Images
from tidemill.formats.images.idx import IMAGES, LABELS, idx_chunks, idx_header
from tidemill.formats.layout import POSITION_DIGITS
from tidemill.formats.location import open_file
from tidemill.formats.stores import use_settings, use_spark_settings

RECORD = (
    "path string, size bigint, sha256 string, label string, height int, width int, content binary, _unread string, "
    "_source string, _position string"
)
_SCHEMA = pa.schema(
    [
        *[("path", pa.string()), ("size", pa.int64()), ("sha256", pa.string()), ("label", pa.string())],
        *[("height", pa.int32()), ("width", pa.int32()), ("content", pa.binary()), ("_unread", pa.string())],
        *[("_source", pa.string()), ("_position", pa.string())],
    ]
)
TASK_BYTES = 32 << 20
# A file costs something even where it is small.
FILE_COST_BYTES = 16 << 10
BATCH_BYTES, BATCH_ROWS = 8 << 20, 1000


class Record(NamedTuple):
    """An image as bronze has it, in the order of RECORD."""

    path: str
    size: int
    sha256: str | None
    label: str | None
    height: int | None
    width: int | None
    content: bytes | None
    unread: str | None
    source: str
    position: str


def image_records(spark: SparkSession, files: Sequence[Mapping[str, Any]], images: Images) -> DataFrame:
    """Read the images of files.

    Args:
        spark: the session.
        files: of a slice: uri, path, size and label of an image file; of an IDX file uri, path and `labels`, the URI of
            its labels.
        images: the contract's section.

    Returns:
        One row an image: path (below the source's folder; of one in an IDX file that file's, `!/` and its number), size
        bigint (bytes), sha256 (of content; hexadecimal), label, height and width (of an image from an IDX file, whose
        content is its raw pixels; else null), content binary, _unread (why there is no content; else null), _source
        (the file's URI), _position (12 digits, from 1: the image's number in its file).
    """
    tasks = [(json.dumps(task),) for task in _tasks(files, spark.sparkContext.defaultParallelism)]
    store = use_spark_settings(spark)

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        use_settings(store)
        for batch in batches:
            for task in batch.column(0).to_pylist():
                yield from _batches(record for file in json.loads(task) for record in records_of(file, images))

    # Dealt out from one partition, each of the rows gets a task of its own.
    dealt = spark.createDataFrame(tasks, "files string").coalesce(1).repartition(max(1, len(tasks)))
    return dealt.mapInArrow(read, RECORD)


def records_of(file: Mapping[str, Any], images: Images) -> Iterator[Record]:
    """The images of one file; see `image_records`.

    Raises:
        MissingFile: it is gone.
        WrongIdx: it is no IDX file any more.
    """
    if "labels" in file:
        yield from _idx_records(file, images)
        return
    rest = (file["uri"], "1".zfill(POSITION_DIGITS))
    if file["size"] > images.max_bytes:
        unread = f"expected at most {images.max_bytes:,} bytes (images.max_bytes), got {file['size']:,}"
        yield Record(file["path"], file["size"], None, file["label"], None, None, None, unread, *rest)
        return
    with open_file(file["uri"]) as opened:
        content = opened.read()
    digest = hashlib.sha256(content).hexdigest()
    yield Record(file["path"], len(content), digest, file["label"], None, None, content, None, *rest)


def _idx_records(file: Mapping[str, Any], images: Images) -> Iterator[Record]:
    uri, header = file["uri"], idx_header(file["uri"], IMAGES)
    labels = b"".join(chunk.content for chunk in idx_chunks(file["labels"], LABELS))  # a byte an image
    size, done = header.bytes_an_image, 0

    def record(number: int, content: bytes | None, unread: str | None) -> Record:
        place = str(number + 1).zfill(POSITION_DIGITS)
        digest = hashlib.sha256(content).hexdigest() if content is not None else None
        label = _name(labels[number], images.classes) if number < len(labels) else None
        shape = (header.height, header.width)
        return Record(f"{file['path']}!/{place}", size, digest, label, *shape, content, unread, uri, place)

    for chunk in idx_chunks(uri, IMAGES):
        for begin in range(0, len(chunk.content), size):
            yield record(done, chunk.content[begin : begin + size], None)
            done += 1
        if chunk.damage:
            yield record(done, None, f"the file has no more images: {chunk.damage}")
            return
    if done < len(labels):
        yield record(done, None, f"there are {len(labels):,} labels and {done:,} images")


def _name(label: int, classes: Sequence[str]) -> str | None:
    if not classes:
        return str(label)
    return classes[label] if label < len(classes) else None


def _tasks(files: Sequence[Mapping[str, Any]], parallelism: int) -> Iterator[list[Mapping[str, Any]]]:
    """Files that lie side by side share a task, up to some bytes."""
    costs = [file["size"] + FILE_COST_BYTES for file in files]
    most = max(1, min(TASK_BYTES, sum(costs) // parallelism))
    task: list[Mapping[str, Any]] = []
    filled = 0
    for file, cost in zip(files, costs, strict=True):
        if task and filled + cost > most:
            yield task
            task, filled = [], 0
        task.append(file)
        filled += cost
    if task:
        yield task


def _batches(records: Iterable[Record]) -> Iterator[pa.RecordBatch]:
    batch: list[Record] = []
    filled = 0
    for record in records:
        batch.append(record)
        filled += len(record.content or b"")
        if filled >= BATCH_BYTES or len(batch) >= BATCH_ROWS:
            yield _batch(batch)
            batch, filled = [], 0
    if batch:
        yield _batch(batch)


def _batch(records: Sequence[Record]) -> pa.RecordBatch:
    columns = zip(*records, strict=True)
    arrays = [pa.array(list(values), field.type) for values, field in zip(columns, _SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)
