"""What publishing needs of a database, and the SQL that PostgreSQL and SQLite share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StructType, TimestampType

STAGING = "tidemill_staging"
RECORDS = "tidemill_published"


class Database(ABC):
    """An open database.

    Attributes:
        shown: what to call it in messages.
        differs: the operator that is true of different values, null among them.
        parameter: where a value goes in a statement.
        unkeyed: what is raised where staged rows are not told apart by their key.
    """

    shown: str
    differs: str
    parameter: str
    unkeyed: type[Exception]

    @abstractmethod
    def sql_type(self, kind: DataType) -> str:
        """The database's type for one of Spark's, as its catalog writes it."""

    @abstractmethod
    def columns(self, table: str) -> dict[str, str]:
        """Type by name of a table's columns; empty where there is no such table."""

    @abstractmethod
    def key(self, table: str) -> set[str]:
        """The columns of a table's primary key."""

    @abstractmethod
    def widen(self, table: str, column: str, old: str, new: str) -> bool:
        """Change a column's type where every reader of the old one can read the new one; else change nothing."""

    @abstractmethod
    def load(self, columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
        """Append rows of texts to the staging table, in bounded memory."""

    @abstractmethod
    def alone(self) -> AbstractContextManager[None]:
        """One transaction that no other publishing to this database overlaps; undone where the block raises."""

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run a statement and return its cursor."""

    @abstractmethod
    def name(self, table: str) -> str:
        """A table's name in SQL."""

    def text(self, column: Column, kind: DataType) -> Column:
        """A value of Spark's as the text that the database reads back as that value."""
        if isinstance(kind, ArrayType | MapType | StructType):
            return F.to_json(column, {"ignoreNullFields": "false"})
        if isinstance(kind, TimestampType):
            return F.concat(column.cast("string"), F.lit("+00:00"))
        return column.cast("string")

    def stage(self, types: Mapping[str, str], key: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
        """Make the staging table, which only this connection sees and which goes with it, and fill it."""
        described = [f"{quoted(name)} {kind}{' not null' * (name in key)}" for name, kind in types.items()]
        self.execute(f"create temporary table {STAGING} ({', '.join(described)})")
        self.load(list(types), rows)
        self.execute(f"create unique index {STAGING}_key on {STAGING} ({listed(key)})")

    def create(self, table: str, types: Mapping[str, str], key: Sequence[str]) -> None:
        """Make a table."""
        described = [f"{quoted(name)} {kind}{' not null' * (name in key)}" for name, kind in types.items()]
        self.execute(f"create table {self.name(table)} ({', '.join(described)}, primary key ({listed(key)}))")

    def upsert(self, table: str, columns: Sequence[str], key: Sequence[str]) -> int:
        """Insert the staged rows that are new and update those that differ; how many these are."""
        others = [quoted(column) for column in columns if column not in key]
        differing = " or ".join(f"t.{column} {self.differs} excluded.{column}" for column in others)
        setting = ", ".join(f"{column} = excluded.{column}" for column in others)
        action = f"update set {setting} where {differing}" if others else "nothing"
        # Without `where true` SQLite would take "on" for a join's.
        rows = f"select {listed(columns)} from {STAGING} where true on conflict ({listed(key)}) do {action}"
        sql = f"insert into {self.name(table)} as t ({listed(columns)}) {rows}"
        return int(self.execute(sql).rowcount)

    def delete_gone(self, table: str, key: Sequence[str]) -> int:
        """Delete the rows whose key is not staged; how many these are."""
        same = " and ".join(f"s.{quoted(column)} = t.{quoted(column)}" for column in key)
        gone = f"not exists (select 1 from {STAGING} s where {same})"
        return int(self.execute(f"delete from {self.name(table)} as t where {gone}").rowcount)

    def staged(self) -> int:
        """How many rows are staged."""
        return int(self.execute(f"select count(*) from {STAGING}").fetchone()[0])


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Sequence[str]) -> str:
    """Columns in SQL."""
    return ", ".join(quoted(name) for name in names)
