"""PostgreSQL as a place to publish to."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, DataType, MapType, StructType

from tidemill.config import revealed
from tidemill.config.model import PublishConfig
from tidemill.publish.database import STAGING, Database, listed, quoted
from tidemill.publish.refusals import PublishingFailed, TargetUnreachable

# As format_type writes them.
TYPES = {
    "tinyint": "smallint",
    "smallint": "smallint",
    "int": "integer",
    "bigint": "bigint",
    "float": "real",
    "double": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp with time zone",
    "timestamp_ntz": "timestamp without time zone",
    "binary": "bytea",
    "string": "text",
}
WIDER = {
    ("smallint", "integer"),
    ("smallint", "bigint"),
    ("integer", "bigint"),
    ("real", "double precision"),
}
NUMERIC = re.compile(r"^numeric\((\d+),(\d+)\)$")
SECONDS_TO_CONNECT = 10


class Postgres(Database):
    """An open PostgreSQL database."""

    differs = "is distinct from"
    parameter = "%s"
    unkeyed = psycopg.IntegrityError

    def __init__(self, connection: psycopg.Connection[Any], schema: str, shown: str) -> None:
        self._connection = connection
        self._schema = schema
        self.shown = shown

    def sql_type(self, kind: DataType) -> str:
        """A nested value is jsonb, a decimal a numeric of its digits."""
        if isinstance(kind, ArrayType | MapType | StructType):
            return "jsonb"
        name = kind.simpleString()
        return name.replace("decimal", "numeric") if name.startswith("decimal") else TYPES.get(name, "text")

    def text(self, column: Column, kind: DataType) -> Column:
        """Bytes in hexadecimal, as bytea is written."""
        if isinstance(kind, BinaryType):
            return F.concat(F.lit("\\x"), F.hex(column))
        return super().text(column, kind)

    def columns(self, table: str) -> dict[str, str]:
        """From pg_attribute."""
        found = self.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
            [self.name(table)],
        )
        return dict(found.fetchall())

    def key(self, table: str) -> set[str]:
        """From pg_index."""
        found = self.execute(
            "select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey) "
            "where indrelid = to_regclass(%s) and indisprimary",
            [self.name(table)],
        )
        return {row[0] for row in found.fetchall()}

    def widen(self, table: str, column: str, old: str, new: str) -> bool:
        """To a number of the same kind with more digits."""
        before, after = NUMERIC.match(old), NUMERIC.match(new)
        more_digits = before and after and before[2] == after[2] and int(before[1]) < int(after[1])
        if (old, new) not in WIDER and not more_digits:
            return False
        self.execute(f"alter table {self.name(table)} alter column {quoted(column)} type {new}")
        return True

    def load(self, columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
        """By COPY, which takes a row at a time."""
        with self._connection.cursor().copy(f"copy {STAGING} ({listed(columns)}) from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        self.execute(f"analyze {STAGING}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Readers see the old rows until the end; only a new column keeps them waiting, for the length of the block."""
        with self._connection.transaction():
            self.execute("select pg_advisory_xact_lock(hashtext('tidemill publish'))")
            yield

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """See `Database`."""
        return self._connection.execute(sql.encode(), parameters or None)

    def name(self, table: str) -> str:
        """With the schema."""
        return f"{quoted(self._schema)}.{quoted(table)}"


@contextmanager
def opened_postgres(config: PublishConfig) -> Iterator[Postgres]:
    """The configured database for the length of a with block.

    Raises:
        TargetUnreachable: it does not answer or refuses the user.
        PublishingFailed: it refused within the block.
    """
    shown = config.url.split("?")[0]
    try:
        connection = psycopg.connect(
            config.url,
            autocommit=True,
            connect_timeout=SECONDS_TO_CONNECT,
            application_name="tidemill publish",
            user=revealed(config.user) if config.user else None,
            password=revealed(config.password) if config.password else None,
        )
    except psycopg.Error as error:
        raise TargetUnreachable(shown, _reason(error)) from None
    with connection:
        try:
            yield Postgres(connection, config.database_schema, shown)
        except psycopg.Error as error:
            raise PublishingFailed(shown, _reason(error)) from None


def _reason(error: psycopg.Error) -> str:
    return " ".join(str(error).split())[:300].rstrip(".")
