"""An SQLite file as a place to publish to: the embedded default."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, BooleanType, DataType, DecimalType

from tidemill.config.model import PublishConfig
from tidemill.publish.database import STAGING, Database, listed, quoted
from tidemill.publish.refusals import PublishingFailed, TargetUnreachable, WrongTarget

TYPES = dict.fromkeys(("tinyint", "smallint", "int", "bigint", "boolean"), "INTEGER") | {
    "float": "REAL",
    "double": "REAL",
}
SECONDS_TO_WAIT = 60


class Sqlite(Database):
    """An open SQLite file."""

    differs = "is not"
    parameter = "?"
    unkeyed = sqlite3.IntegrityError

    def __init__(self, connection: sqlite3.Connection, shown: str) -> None:
        self._connection = connection
        self.shown = shown

    def sql_type(self, kind: DataType) -> str:
        """A text becomes a number by the type of its column."""
        return "NUMERIC" if isinstance(kind, DecimalType) else TYPES.get(kind.simpleString(), "TEXT")

    def text(self, column: Column, kind: DataType) -> Column:
        """A boolean is 1 or 0, bytes are hexadecimal."""
        if isinstance(kind, BooleanType):
            return column.cast("int").cast("string")
        return F.hex(column) if isinstance(kind, BinaryType) else super().text(column, kind)

    def columns(self, table: str) -> dict[str, str]:
        """From table_info."""
        return {row[1]: row[2] for row in self.execute(f"pragma table_info({quoted(table)})")}

    def key(self, table: str) -> set[str]:
        """From table_info."""
        return {row[1] for row in self.execute(f"pragma table_info({quoted(table)})") if row[5]}

    def widen(self, table: str, column: str, old: str, new: str) -> bool:
        """Never: SQLite has one type for all whole numbers and one for all others."""
        return False

    def load(self, columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
        """A row at a time, in one transaction of the temporary file."""
        places = ", ".join("?" * len(columns))
        self.execute("begin")
        self._connection.executemany(f"insert into {STAGING} ({listed(columns)}) values ({places})", rows)
        self.execute("commit")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Readers go on reading the old rows until the end, and the end waits for those that do."""
        self.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.execute("rollback")
            raise
        self.execute("commit")

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """See `Database`."""
        return self._connection.execute(sql, parameters)

    def name(self, table: str) -> str:
        """In the file, not among the temporary tables."""
        return f"main.{quoted(table)}"


@contextmanager
def opened_sqlite(config: PublishConfig) -> Iterator[Sqlite]:
    """The configured file, made where there is none, for the length of a with block.

    Raises:
        WrongTarget: it is not a local path.
        TargetUnreachable: it cannot be opened.
        PublishingFailed: it refused within the block.
    """
    file = config.url.removeprefix("sqlite:///")
    if "://" in file:
        raise WrongTarget(config.url)
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, timeout=SECONDS_TO_WAIT, isolation_level=None)
        connection.execute("select 1 from sqlite_schema")
    except (OSError, sqlite3.Error) as error:
        raise TargetUnreachable(file, str(error)) from None
    with closing(connection):
        try:
            yield Sqlite(connection, file)
        except sqlite3.Error as error:
            raise PublishingFailed(file, str(error)) from None
