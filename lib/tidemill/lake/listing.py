"""Which tables a lake has, how large each is by its log, and its columns; read without a JVM."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltalake.exceptions import DeltaError
from deltalake.fs import DeltaStorageHandler
from deltalake.schema import ArrayType, DataType, MapType, StructType
from pyarrow import fs

from tidemill.config import Config
from tidemill.lake.names import LAYERS, NAME
from tidemill.lake.places import lake_uri, local_folder, table_options
from tidemill.lake.stored import StoredTable, TableNotReadable

# Delta's names of types that SQL calls otherwise.
SQL_NAMES = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}


@dataclass(frozen=True)
class TableSize:
    """How large a table is by its log; `rows` is None where a file has no statistics."""

    name: str
    files: int
    rows: int | None
    bytes: int
    version: int
    written_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """For programs: the time in ISO 8601, UTC."""
        written = None if self.written_at is None else self.written_at.isoformat()
        return {
            **{"table": self.name, "rows": self.rows, "files": self.files, "bytes": self.bytes},
            **{"version": self.version, "written_at": written},
        }


def table_names(config: Config) -> list[str]:
    """The tables that are in the lake, by layer and name: one listing a layer, and no table's log.

    Raises:
        TableNotReadable: the store refused.
        MissingSecret: the environment lacks a variable that the store's keys come from.
    """
    names = [f"{layer}.{each}" for layer in LAYERS for each in sorted(_folders(config, layer))]
    return [name for name in names if NAME.match(name)]


def size_of(name: str, table: StoredTable) -> TableSize:
    """The size of a version of a table.

    Args:
        name: LAYER.NAME.
        table: opened.
    """
    files = table.files()
    rows = [file.rows for file in files if file.rows is not None]
    written = max((file.written_at for file in files), default=None)
    known = sum(rows) if len(rows) == len(files) else None
    return TableSize(name, len(files), known, sum(file.bytes for file in files), table.version, written)


def columns_of(table: StoredTable) -> dict[str, str]:
    """The columns of a table in their order, each with its type as SQL has it."""
    return {field.name: _sql_type(field.type) for field in table.fields}


def _sql_type(kind: DataType) -> str:
    if isinstance(kind, ArrayType):
        return f"array<{_sql_type(kind.element_type)}>"
    if isinstance(kind, MapType):
        return f"map<{_sql_type(kind.key_type)},{_sql_type(kind.value_type)}>"
    if isinstance(kind, StructType):
        return f"struct<{','.join(f'{field.name}:{_sql_type(field.type)}' for field in kind.fields)}>"
    return SQL_NAMES.get(kind.type, kind.type)


def _folders(config: Config, layer: str) -> Sequence[str]:
    folder = local_folder(config.lake_root)
    if folder is not None:
        return [log.parent.name for log in (folder / layer).glob("*/_delta_log")]
    uri = lake_uri(config, layer)
    try:
        store = fs.PyFileSystem(DeltaStorageHandler(uri, options=table_options(config)))
        found = store.get_file_info(fs.FileSelector("", allow_not_found=True))
    except (DeltaError, OSError) as error:
        raise TableNotReadable(uri, str(error)) from error
    # A store has no empty folders: what is a folder has files.
    return [each.base_name for each in found if each.type == fs.FileType.Directory]
