"""What differs between databases: how a value is written as text, what can be ordered, how a literal is written."""

import re

from tidemill.sources.jdbc.connection import SourceColumn

NUMBER = re.compile(r"^-?\d+(\.\d+)?(e[+-]?\d+)?$", re.IGNORECASE)
# Of java.sql.Types: bit to double; date, timestamp, timestamp with time zone.
NUMBERS = {-7, -6, -5, 2, 3, 4, 5, 6, 7, 8}
DATE = 91
MOMENTS = {DATE, 93, 2014}


def string_literal(text: str) -> str:
    """A standard SQL string."""
    return "'" + text.replace("'", "''") + "'"


def number_literal(text: str) -> str:
    """A number as SQL.

    Raises:
        ValueError: the text is none.
    """
    if not NUMBER.match(text):
        raise ValueError(f"{text!r} is no number")
    return f"({text})"


class Dialect:
    """Standard SQL and JDBC's own escapes, for databases that are not known one by one."""

    texts = False
    """Whether every value can be written as text by the database itself; else Spark writes it."""

    def text(self, column: SourceColumn, name: str) -> str:
        """SQL that gives a value as text that loses nothing; of numbers and moments at least."""
        return f"cast({name} as varchar(64))"

    def kinds(self, column: SourceColumn) -> tuple[str, ...]:
        """As what a column can be ordered: number, moment, neither, or either where each value has its own type."""
        if column.jdbc_type in MOMENTS:
            return ("moment",)
        return ("number",) if column.jdbc_type in NUMBERS else ()

    def kind(self, name: str) -> str:
        """SQL for the kind of most values, where a column's type leaves it open."""
        raise NotImplementedError(f"the type of {name} says its kind")

    def unplaced(self, column: SourceColumn, name: str, kind: str) -> str | None:
        """SQL that is true for values without a place in the order, such as infinity; None where there are none."""
        return None

    def literal(self, column: SourceColumn, kind: str, text: str) -> str:
        """SQL for a value that `text` wrote."""
        if kind == "number":
            return number_literal(text)
        return f"{{{'d' if column.jdbc_type == DATE else 'ts'} {string_literal(text)}}}"

    def now(self, column: SourceColumn, kind: str) -> str | None:
        """SQL for this moment by the database's clock, as such a column would have it; None for a number."""
        if kind == "number":
            return None
        return "current_date" if column.jdbc_type == DATE else "current_timestamp"

    def mark(self, alias: str) -> str:
        """SQL for a text that changes with the rows of a query."""
        return "cast(count(*) as char(20))"


class PostgreSQL(Dialect):
    """PostgreSQL 12 and later, where every type casts to text and reads back from it as the same value."""

    texts = True

    def text(self, column: SourceColumn, name: str) -> str:
        """Arrays as JSON, bytes in hexadecimal, an instant in UTC whatever the session's zone; infinity is a word."""
        if column.type == "bytea":
            return f"encode({name}, 'hex')"
        if column.type == "money":
            return f"cast(cast({name} as numeric) as text)"
        if column.type.startswith("_"):
            return f"cast(to_json({name}) as text)"
        if column.type == "timestamptz":
            finite = f"cast({name} at time zone 'UTC' as text) || '+00'"
            return f"case when isfinite({name}) then {finite} else cast({name} as text) end"
        return f"cast({name} as text)"

    def kinds(self, column: SourceColumn) -> tuple[str, ...]:
        """By PostgreSQL's own names of types."""
        if column.type in ("date", "timestamp", "timestamptz"):
            return ("moment",)
        return ("number",) if re.fullmatch(r"(small|big)?serial|int[248]|float[48]|numeric", column.type) else ()

    def unplaced(self, column: SourceColumn, name: str, kind: str) -> str | None:
        """Infinity and NaN, as equalities, which an index serves."""
        if kind == "moment":
            return f"{name} in ('infinity', '-infinity')"
        if column.type.startswith("float"):
            return f"{name} in ('NaN', 'Infinity', '-Infinity')"
        return f"{name} = 'NaN'" if column.type == "numeric" else None

    def literal(self, column: SourceColumn, kind: str, text: str) -> str:
        """A text cast to the column's type."""
        return number_literal(text) if kind == "number" else f"cast({string_literal(text)} as {column.type})"

    def now(self, column: SourceColumn, kind: str) -> str | None:
        """A timestamp without zone is taken for UTC: what is ahead of it is read again until it is not."""
        if kind == "number":
            return None
        return "now()" if column.type == "timestamptz" else f"cast(now() at time zone 'UTC' as {column.type})"

    def mark(self, alias: str) -> str:
        """The rows' number and the sum of their hashes."""
        return f"count(*) || ':' || coalesce(sum(hashtextextended(cast({alias} as text), 0)), 0)"


class SQLite(Dialect):
    """SQLite, where a column holds values of any type: what they are is asked of each value."""

    texts = True

    def text(self, column: SourceColumn, name: str) -> str:
        """Bytes in hexadecimal; a cast would take them for UTF-8, and keep 15 digits of a real."""
        special = f"when 'real' then quote({name}) when 'blob' then lower(hex({name}))"
        return f"case typeof({name}) {special} else cast({name} as text) end"

    def kinds(self, column: SourceColumn) -> tuple[str, ...]:
        """Whatever a column is declared as, it may hold both."""
        return ("number", "moment")

    def kind(self, name: str) -> str:
        """By the majority."""
        numbers, texts = f"typeof({name}) in ('integer', 'real')", f"typeof({name}) = 'text'"
        return f"case when sum({numbers}) > sum({texts}) then 'number' else 'moment' end"

    def unplaced(self, column: SourceColumn, name: str, kind: str) -> str | None:
        """Values of the other types."""
        others = "('text', 'blob')" if kind == "number" else "('integer', 'real', 'blob')"
        return f"typeof({name}) in {others}"

    def literal(self, column: SourceColumn, kind: str, text: str) -> str:
        """A moment is compared as the text that it is."""
        return number_literal(text) if kind == "number" else string_literal(text)

    def now(self, column: SourceColumn, kind: str) -> str | None:
        """In UTC, with a blank before the time."""
        return "strftime('%Y-%m-%d %H:%M:%f', 'now')" if kind == "moment" else None

    def mark(self, alias: str) -> str:
        """The rows' number."""
        return "cast(count(*) as text)"


DIALECTS: dict[str, Dialect] = {"postgresql": PostgreSQL(), "sqlite": SQLite()}


def dialect_of(kind: str) -> Dialect:
    """The dialect of what follows `jdbc:` in a URL."""
    return DIALECTS.get(kind, Dialect())
