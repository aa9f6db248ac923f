"""Delta tables read without a JVM: only the files whose statistics allow a match, only the columns asked for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset as ds
from deltalake import DeltaTable, Field
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from pyarrow import fs

from tidemill.config import Config
from tidemill.errors import RunFailed
from tidemill.lake.places import table_options, table_uri

# column -> the least and the greatest value looked for; None: no bound on that side.
Bounds = Mapping[str, tuple[Any, Any]]


class TableNotReadable(RunFailed):
    """A table of the lake cannot be read, though it may be there."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(
            f"{uri} cannot be read: {' '.join(reason.split())[:300]}. Check lake_root (--home, --env) and who may read "
            "it."
        )


@dataclass(frozen=True)
class StoredFile:
    """One of a table's files, as its log tells of it: `rows` is None where no statistics were kept."""

    path: str
    bytes: int
    rows: int | None
    written_at: datetime


class StoredTable:
    """One version of a table: the newest one when it was opened.

    Args:
        table: opened.
        folder: where it is, if on this machine.
    """

    def __init__(self, table: DeltaTable, folder: Path | None = None) -> None:
        self._table = table
        self._folder = folder
        self.version = int(table.version())
        # The library's own way to files calls back into Python for every block; a folder needs none.
        own = fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem()) if folder else None
        self._files: pa.Table | None = None
        self._fragments: dict[str, ds.ParquetFileFragment] | None = None
        self._partitioned_by: Sequence[str] = table.metadata().partition_columns
        self._dataset: ds.FileSystemDataset = (
            self._partitioned(own) if self._partitioned_by else table.to_pyarrow_dataset(filesystem=own)
        )

    def _partitioned(self, filesystem: fs.FileSystem | None) -> ds.FileSystemDataset:
        """The files with the values of their partition, which the library can only hand on to a newer pyarrow."""
        if filesystem is None:
            handler = DeltaStorageHandler.from_table(self._table._table, self._table._storage_options)
            filesystem = fs.PyFileSystem(handler)
        schema = pa.schema(self._table.schema().to_arrow())
        parquet = ds.ParquetFileFormat()
        fragments = [
            parquet.make_fragment(row["path"], filesystem, partition_expression=self._partition(row, schema))
            for row in self._added().to_pylist()
        ]
        return ds.FileSystemDataset(fragments, schema, parquet, filesystem)

    def _partition(self, row: Mapping[str, Any], schema: pa.Schema) -> ds.Expression:
        condition = pa.compute.scalar(True)
        for name in self._partitioned_by:
            value = pa.scalar(row[f"partition.{name}"]).cast(schema.field(name).type)
            condition = condition & (ds.field(name) == value)
        return condition

    def _added(self) -> pa.Table:
        if self._files is None:
            files = pa.table(self._table.get_add_actions(flatten=True))
            # The log has them as in a URL; a partition's value may hold any sign.
            paths = pa.array([unquote(path) for path in files["path"].to_pylist()], pa.string())
            self._files = files.set_column(files.schema.get_field_index("path"), "path", paths)
        return self._files

    def newer(self) -> "StoredTable":
        """The table's newest version; this one itself where there is none newer. Only the log's new entries are read.

        Raises:
            TableNotReadable: the store refused.
        """
        self._added()  # of this version, before the log moves on
        try:
            self._table.update_incremental()
        except (DeltaError, OSError) as error:
            raise TableNotReadable(str(self._table.table_uri), str(error)) from error
        return self if int(self._table.version()) == self.version else StoredTable(self._table, self._folder)

    @property
    def fields(self) -> list[Field]:
        """The table's columns in their order."""
        return self._table.schema().fields

    def files(self) -> list[StoredFile]:
        """The files that the version is made of."""
        added = self._added()
        columns = [added[name].to_pylist() for name in ("path", "size_bytes", "num_records")]
        written = added["modification_time"].cast(pa.timestamp("ms", "UTC")).to_pylist()
        return [StoredFile(*values) for values in zip(*columns, written, strict=True)]

    def spans(self, *columns: str) -> list[dict[str, Any]]:
        """What each file's statistics say, without reading it.

        Returns:
            One mapping a file: `path`, and for each column its (least, greatest) value, (None, None) where not known.
        """
        names = set(self._added().column_names)
        told = ("min", "max", "partition")
        wanted = [f"{kind}.{column}" for column in columns for kind in told if f"{kind}.{column}" in names]
        return [
            {"path": row["path"], **{name: _span(row, name) for name in columns}}
            for row in self._added().select(["path", *wanted]).to_pylist()
        ]

    def pieces(
        self,
        columns: Sequence[str],
        bounds: Bounds | None = None,
        where: ds.Expression | None = None,
        files: Collection[str] | None = None,
    ) -> Iterator[pa.Table]:
        """The rows within the bounds that satisfy the condition, a row group at a time, so that memory is bounded.

        Args:
            columns: which to read; those that an old table lacks are left out.
            bounds: of columns whose statistics say which files to leave unread.
            where: one more condition.
            files: the paths of the files to read, chosen by `may_hold`; those that may hold such rows where none are
                given.
        """
        condition = where
        for name, (low, high) in (bounds or {}).items():
            for part in _conditions(name, low, high):
                condition = part if condition is None else condition & part
        kept = self.may_hold(bounds or {}) if files is None else files
        names = [name for name in columns if name in self._dataset.schema.names]
        if self._fragments is None:
            self._fragments = {fragment.path: fragment for fragment in self._dataset.get_fragments()}
        for path in self._fragments if files is None else files:
            if path not in kept:
                continue
            for group in self._fragments[path].split_by_row_group(schema=self._dataset.schema):
                # Threads of the reader that outlive the interpreter end the process with an abort.
                found = group.to_table(self._dataset.schema, columns=names, filter=condition, use_threads=False)
                if found.num_rows:
                    yield found

    def rows(
        self, columns: Sequence[str], bounds: Bounds | None = None, where: ds.Expression | None = None
    ) -> list[dict[str, Any]]:
        """The same rows as plain values; for questions whose answer is small."""
        return [row for piece in self.pieces(columns, bounds, where) for row in piece.to_pylist()]

    def may_hold(self, bounds: Bounds) -> set[str]:
        """The paths of the files whose statistics do not exclude a row within the bounds."""
        return {
            span["path"]
            for span in self.spans(*bounds)
            if all(_overlap(span[name], low, high) for name, (low, high) in bounds.items())
        }


def _conditions(name: str, low: Any, high: Any) -> list[ds.Expression]:
    if low is not None and low == high:
        return [ds.field(name) == low]
    return [
        condition
        for bound, condition in ((low, ds.field(name) >= low), (high, ds.field(name) <= high))
        if bound is not None
    ]


def _span(file: Mapping[str, Any], name: str) -> tuple[Any, Any]:
    alone = file.get(f"partition.{name}")
    return file.get(f"min.{name}", alone), _widened(file.get(f"max.{name}", alone))


def _widened(greatest: Any) -> Any:
    """A file's greatest value; of a time the statistics have the milliseconds alone."""
    return greatest + timedelta(milliseconds=1) if isinstance(greatest, datetime) else greatest


def _overlap(span: tuple[Any, Any], low: Any, high: Any) -> bool:
    least, greatest = span
    below = high is not None and least is not None and least > high
    above = low is not None and greatest is not None and greatest < low
    return not (below or above)


def opened(config: Config, name: str) -> StoredTable | None:
    """A table of the lake by its name LAYER.TABLE, or None where it was never written.

    Raises:
        TableNotReadable: the store refused.
        MissingSecret: the environment lacks a variable that the store's keys come from.
    """
    return opened_at(table_uri(config, name), table_options(config))


def opened_at(uri: str, options: dict[str, str] | None = None) -> StoredTable | None:
    """A table by its place, as `table_uri` and `table_options` tell it; else as `opened`."""
    try:
        table = DeltaTable(uri, storage_options=options)
        return StoredTable(table, Path(uri) if "://" not in uri else None)
    except TableNotFoundError:
        return None
    except (DeltaError, OSError) as error:
        raise TableNotReadable(uri, str(error)) from error
