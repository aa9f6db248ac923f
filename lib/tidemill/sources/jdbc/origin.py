"""The table or query of a contract as the database has it now: its columns, and SQL over them."""

from collections import Counter
from dataclasses import dataclass

from tidemill.contract import Contract
from tidemill.contract.sources import JdbcSource as JdbcSettings
from tidemill.sources.jdbc.connection import Connection, SourceColumn
from tidemill.sources.jdbc.dialects import Dialect
from tidemill.sources.jdbc.faults import Cause, DatabaseAnswer, NoSuchSourceColumn, NoSuchSourceTable, WrongSourceColumn

ALIAS = "q"


@dataclass(frozen=True)
class Ordered:
    """A column that a source is read by: its watermark, or what it is read in parallel over.

    Attributes:
        column: as the database describes it.
        name: as SQL over `Origin.sql` names it.
        kind: number or moment.
        dialect: the database's.
    """

    column: SourceColumn
    name: str
    kind: str
    dialect: Dialect

    def literal(self, text: str) -> str:
        """SQL for one of its values."""
        return self.dialect.literal(self.column, self.kind, text)

    def text(self, sql: str) -> str:
        """SQL for the text of an expression of its type."""
        return self.dialect.text(self.column, sql)

    @property
    def unplaced(self) -> str | None:
        """SQL that is true for values without a place in the order."""
        return self.dialect.unplaced(self.column, self.name, self.kind)

    @property
    def now(self) -> str | None:
        """SQL for the database's time, of the column's type."""
        return self.dialect.now(self.column, self.kind)

    @property
    def placed(self) -> str:
        """SQL for the value, null where it has no place in the order."""
        return f"case when not ({self.unplaced}) then {self.name} end" if self.unplaced else self.name


@dataclass(frozen=True)
class Origin:
    """What a source reads from.

    Attributes:
        dataset: the contract's name, for messages.
        sql: what follows `from`, its alias included.
        columns: what it delivers, by name.
        names: the columns' names as SQL takes them, with the alias.
        quotes: an alias of one's own, as SQL takes it literally.
        dialect: the database's.
    """

    dataset: str
    sql: str
    columns: dict[str, SourceColumn]
    names: dict[str, str]
    quote: str
    dialect: Dialect

    def quoted(self, alias: str) -> str:
        """A simple name of one's own that keeps its case."""
        return f"{self.quote}{alias}{self.quote}"

    def ordered(self, connection: Connection, key: str, column: str, kind: str | None = None) -> Ordered:
        """A column to read by.

        Args:
            connection: to ask where the column's type does not say what its values are.
            key: the contract's that names it.
            column: as the database names it.
            kind: where it is known from before.

        Raises:
            NoSuchSourceColumn: it is not delivered.
            WrongSourceColumn: its type has no order that can be divided.
        """
        if column not in self.columns:
            raise NoSuchSourceColumn(self.dataset, key, column, list(self.columns))
        described, name = self.columns[column], self.names[column]
        kinds = self.dialect.kinds(described)
        if not kinds:
            problem = f"is a {described.type}; it must be a number, a date or a timestamp"
            raise WrongSourceColumn(self.dataset, key, column, problem)
        if len(kinds) == 1:
            (kind,) = kinds
        elif kind is None:
            (kind,) = connection.row(f"select {self.dialect.kind(name)} from {self.sql}")
        return Ordered(described, name, str(kind), self.dialect)


def origin_of(
    connection: Connection, contract: Contract, settings: JdbcSettings, shown: str, dialect: Dialect
) -> Origin:
    """Find a contract's table or query, and check that it delivers what the contract must have.

    Args:
        connection: to the database.
        contract: the dataset's.
        settings: its source.
        shown: the database, for messages.
        dialect: the database's.

    Raises:
        NoSuchSourceTable: there is none, with the nearest.
        NoSuchSourceColumn: a required column is not delivered.
        DatabaseAnswer: the database refuses.
    """
    if settings.query is not None:
        # A comment at the query's end must not hide what follows.
        sql = f"({settings.query}\n) {ALIAS}"
        columns = connection.columns(sql)
    else:
        sql, columns = _table(connection, contract.name, shown, str(settings.table))
    _require_distinct(contract.name, columns)
    names = [column.name for column in columns]
    for name, column in contract.columns.items():
        delivered = contract.delivered_name(name)
        if column.required and delivered not in names:
            raise NoSuchSourceColumn(contract.name, f"columns.{name}", delivered, names)
    quoted = {name: f"{ALIAS}.{connection.quoted(name)}" for name in names}
    return Origin(contract.name, sql, {column.name: column for column in columns}, quoted, connection.quote, dialect)


def _table(connection: Connection, dataset: str, shown: str, table: str) -> tuple[str, list[SourceColumn]]:
    """A table under the name in the contract, else under the one name that differs from it in case alone."""
    try:
        return _described(connection, table.split("."))
    except DatabaseAnswer as answer:
        if answer.cause is not Cause.NO_TABLE:
            raise
    wanted = table.lower().split(".")
    known = [[part for part in parts if part] for parts in connection.tables()]
    found = [parts for parts in known if [part.lower() for part in parts[-len(wanted) :]] == wanted]
    if len(found) != 1:
        written = [".".join(parts[-len(wanted) :]) for parts in known]
        raise NoSuchSourceTable(dataset, shown, table, written)
    return _described(connection, found[0])


def _described(connection: Connection, parts: list[str]) -> tuple[str, list[SourceColumn]]:
    sql = f"{'.'.join(connection.quoted(part) for part in parts)} {ALIAS}"
    return sql, connection.columns(sql)


def _require_distinct(dataset: str, columns: list[SourceColumn]) -> None:
    name, times = Counter(column.name for column in columns).most_common(1)[0]
    if times > 1:
        raise WrongSourceColumn(dataset, "source.query", name, "is delivered twice; give one of them another name")
