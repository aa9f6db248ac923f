"""Pin a version of a Delta table of images, without a JVM: which files it has, and what each row group holds."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from pyarrow import fs

from tidemill.errors import RequestWrong
from tidemill.lake.places import local_folder
from tidemill.lake.stored import TableNotReadable
from tidemill.models.images.feeding.snapshot import RowGroup, Snapshot

SIZE = ("height", "width", "channels")
# What a row group is known by; small columns, read in full.
TOLD = ("split", "label", *SIZE)
TYPES = {"pixels": "binary", "label": "string", "split": "string", **dict.fromkeys(SIZE, "integer")}
READERS = 8


class NoImageTable(RequestWrong):
    """There is no table, or it holds no images."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{path} is no table of images: {why}. Name the silver table of an image dataset, which ingest.py writes."
        )


class NoSuchVersion(RequestWrong):
    """The table has no such version, or not any more."""

    def __init__(self, path: str, version: int, newest: int) -> None:
        super().__init__(
            f"{path} has no version {version} that can be read: the newest is {newest}, old ones go with their log. "
            "Leave out the version to take the newest."
        )


class UnsupportedTable(RequestWrong):
    """The table uses a feature of Delta under which its files do not show its rows."""

    def __init__(self, path: str, version: int, feature: str, remedy: str) -> None:
        super().__init__(f"{path}, version {version}, has {feature}, which the training feed does not read. {remedy}")


class MixedSizes(RequestWrong):
    """The images of a table differ in size, so that they cannot stand in one batch."""

    def __init__(self, path: str, sizes: Sequence[tuple[Any, ...]]) -> None:
        told = ", ".join("x".join(str(part) for part in size) for size in sizes[:3])
        super().__init__(
            f"{path} holds images of several sizes (height x width x channels: {told}), where one is expected. Set the "
            "size in the dataset's contract and ingest it again."
        )


def pinned(path: str, version: int | None = None, options: Mapping[str, str] | None = None) -> Snapshot:
    """Pin a version of a table of images.

    The log and the small columns (split, label, size) of each file are read, never an image. Files removed from the
    version are not seen; files added later neither.

    Args:
        path: a folder, a file: URI or a store's URI.
        version: of the table; the newest where none is given.
        options: what the store is opened with, as in `tidemill.lake.places.table_options`.

    Raises:
        NoImageTable: there is no Delta table, or it lacks the columns of an image.
        NoSuchVersion: the table has no such version.
        UnsupportedTable: the version has deletion vectors or column mapping.
        MixedSizes: its images are not all of one size.
        TableNotReadable: the store refused, or a file is gone or damaged.
    """
    table = _opened(path, version, options)
    _check_columns(path, table)
    filesystem = opened_filesystem(path, options)
    added = sorted(pa.table(table.get_add_actions(flatten=True)).to_pylist(), key=lambda file: file["path"])
    partitioned = table.metadata().partition_columns

    def told(file: Mapping[str, Any]) -> _File:
        # The log has paths as a URI would.
        return _read(
            filesystem, unquote(file["path"]), {name: _text(file[f"partition.{name}"]) for name in partitioned}
        )

    try:
        _check_features(path, table)
        with ThreadPoolExecutor(READERS) as readers:
            files = list(readers.map(told, added))
    except (OSError, pa.ArrowException, DeltaError) as error:
        raise TableNotReadable(path, str(error)) from error
    sizes = sorted({size for file in files for size in file.sizes}, key=str)
    if len(sizes) != 1 or None in sizes[0]:
        raise MixedSizes(path, sizes) if sizes else NoImageTable(path, "it has no rows")
    labels: dict[str, Counter[str | None]] = defaultdict(Counter)
    for file in files:
        for (split, label), rows in file.labels.items():
            labels[split][label] += rows
    return Snapshot(
        path=path,
        table_id=str(table.metadata().id),
        version=int(table.version()),
        groups=tuple(group for file in files for group in file.groups),
        labels={split: dict(found) for split, found in labels.items()},
        shape=sizes[0],
        options=dict(options) if options else None,
    )


def opened_filesystem(path: str, options: Mapping[str, str] | None) -> fs.FileSystem:
    """The table's folder as a file system of its own."""
    folder = local_folder(path)
    if folder is not None:
        return fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem())
    return fs.PyFileSystem(DeltaStorageHandler(path, dict(options or {})))


def _opened(path: str, version: int | None, options: Mapping[str, str] | None) -> DeltaTable:
    folder = local_folder(path)
    uri = path if folder is None else str(folder)
    if folder is not None and not Path(folder).is_dir():
        raise NoImageTable(path, "there is no such folder")
    try:
        table = DeltaTable(uri, storage_options=dict(options) if options else None)
    except TableNotFoundError as error:
        raise NoImageTable(path, "there is no Delta table") from error
    except (DeltaError, OSError) as error:
        raise TableNotReadable(path, str(error)) from error
    newest = int(table.version())
    if version is None or version == newest:
        return table
    if not 0 <= version <= newest:
        raise NoSuchVersion(path, version, newest)
    try:
        return DeltaTable(uri, version=version, storage_options=dict(options) if options else None)
    except DeltaError as error:
        raise NoSuchVersion(path, version, newest) from error


def _check_features(path: str, table: DeltaTable) -> None:
    version = int(table.version())
    mapping = table.metadata().configuration.get("delta.columnMapping.mode", "none")
    if mapping != "none":
        raise UnsupportedTable(path, version, "column mapping", "Write it again without delta.columnMapping.mode.")
    if "deletionVectors" in (table.protocol().reader_features or ()) and pa.table(table.deletion_vectors()).num_rows:
        remedy = "Run REORG TABLE ... APPLY (PURGE) on it, and set delta.enableDeletionVectors to false."
        raise UnsupportedTable(path, version, "deletion vectors", remedy)


def _check_columns(path: str, table: DeltaTable) -> None:
    columns = {column.name: column.type for column in pa.schema(table.schema().to_arrow())}
    for name, wanted in TYPES.items():
        if name not in columns:
            raise NoImageTable(path, f"it has no column '{name}'")
        if not _is(columns[name], wanted):
            raise NoImageTable(path, f"its column '{name}' is {columns[name]} where {wanted} was expected")


def _is(found: pa.DataType, wanted: str) -> bool:
    kinds = {
        "binary": (pa.types.is_binary, pa.types.is_large_binary),
        "string": (pa.types.is_string, pa.types.is_large_string),
        "integer": (pa.types.is_integer,),
    }
    return any(kind(found) for kind in kinds[wanted])


class _File(NamedTuple):
    """What a file says of itself without its images."""

    groups: list[RowGroup]
    labels: Counter[tuple[str, str | None]]
    sizes: set[tuple[Any, ...]]


def _read(filesystem: fs.FileSystem, path: str, partition: Mapping[str, str | None]) -> _File:
    with filesystem.open_input_file(path) as opened:
        file = pq.ParquetFile(opened)
        rows = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        # Threads of the reader that outlive the interpreter end the process with an abort.
        table = file.read([name for name in TOLD if name not in partition], use_threads=False)
    for name, value in partition.items():
        if name in TOLD:
            table = table.append_column(name, pa.repeat(pa.scalar(value, pa.string()), table.num_rows))
    groups = pa.concat_arrays([pa.repeat(pa.scalar(number), size) for number, size in enumerate(rows)] or [pa.nulls(0)])
    counted = table.append_column("group", groups).group_by(["group", *TOLD]).aggregate([([], "count_all")])
    splits: list[Counter[str]] = [Counter() for _ in rows]
    labels: Counter[tuple[str, str | None]] = Counter()
    sizes = set()
    for row in counted.to_pylist():
        sizes.add(tuple(None if row[name] is None else int(row[name]) for name in SIZE))
        if row["split"] is not None:
            splits[row["group"]][row["split"]] += row["count_all"]
            labels[row["split"], row["label"]] += row["count_all"]
    found = [RowGroup(path, at, rows[at], dict(splits[at]), dict(partition)) for at in range(len(rows))]
    return _File(found, labels, sizes)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
