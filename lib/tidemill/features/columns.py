"""What a model needs of its table, and how Spark's SQL writes names, texts and numbers."""

from collections.abc import Iterable, Sequence

from pyspark.sql.types import BooleanType, NumericType, StructType

from tidemill.errors import RequestWrong, nearest


class MissingColumns(RequestWrong):
    """A model reads columns that its gold table does not have."""

    def __init__(self, table: str, missing: Sequence[str], present: Sequence[str]) -> None:
        hint = nearest(missing[0], present) or "No other is like it."
        others = f" (nor {', '.join(missing[1:])})" if missing[1:] else ""
        super().__init__(
            f"{table} has no column '{missing[0]}'{others}, which the model reads. {hint} Build the table again "
            f"(jobs/build_gold.py --table {table.removeprefix('gold.')}), or mend the model's file in conf/models/ and "
            "train again."
        )


class NotANumber(RequestWrong):
    """A model reads a column as a number, and it is none."""

    def __init__(self, table: str, column: str, kind: str) -> None:
        super().__init__(
            f"{table} has '{column}' as {kind}, but the model reads it as a number. Name it under categorical, or with "
            "its levels under ordinal, in the model's file in conf/models/."
        )


def require_columns(table: str, present: Sequence[str], needed: Iterable[str]) -> None:
    """Check that a table has what a model reads.

    Raises:
        MissingColumns: it lacks some of it.
    """
    missing = [column for column in needed if column not in present]
    if missing:
        raise MissingColumns(table, missing, present)


def require_numbers(table: str, schema: StructType, needed: Iterable[str]) -> None:
    """Check that the columns that a model reads as numbers are numbers or booleans.

    Args:
        table: its name, for the message.
        schema: has the columns.
        needed: those under numeric, log1p and box_cox (`FeatureSettings.numbers`).

    Raises:
        NotANumber: one is of another type.
    """
    for column in needed:
        kind = schema[column].dataType
        if not isinstance(kind, NumericType | BooleanType):
            raise NotANumber(table, column, kind.simpleString())


def sql_text(text: str) -> str:
    """A text as a literal of Spark's SQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def sql_number(value: float) -> str:
    """A finite number as a literal of Spark's SQL, a double to the last bit."""
    return f"({float(value)!r}D)"
