"""Write the columns of a typed frame as the texts of bronze's layout."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StructType


def delivered_columns(schema: StructType, fields: Mapping[str, str]) -> list[Column]:
    """The columns of `formats.delivered` but those of a record's place, for a frame that Spark has read.

    Values are cast by Spark: an instant is written in the session's time zone (UTC in tidemill's sessions), a timestamp
    without zone as it stands, a nested value as JSON.

    Args:
        schema: the frame's, less what is not delivered.
        fields: contract column name -> delivered name, or a dotted path into a struct.

    Returns:
        Expressions over the frame, all strings: those of `fields`, `_rescued` and `_raw` (always null).
    """
    taken = {name: _path(delivered, schema) for name, delivered in fields.items()}
    values = [(_text(*_at(path, schema)) if path else missing()).alias(name) for name, path in taken.items()]
    rescued = _rescued(schema, [path for path in taken.values() if path]).alias("_rescued")
    return [*values, rescued, missing().alias("_raw")]


def missing() -> Column:
    """A text that was not delivered."""
    return F.lit(None).cast("string")


def _path(delivered: str, schema: StructType) -> tuple[str, ...] | None:
    """The nested names that lead to a delivered column; None where it is not delivered."""
    if delivered in schema.names:
        return (delivered,)
    path = tuple(delivered.split("."))
    inner: DataType = schema
    for name in path:
        if not isinstance(inner, StructType) or name not in inner.names:
            return None
        inner = inner[name].dataType
    return path


def _column(path: Sequence[str]) -> Column:
    return F.col(quoted(path))


def quoted(path: Sequence[str]) -> str:
    """A nested name as SQL writes it."""
    return ".".join(f"`{name.replace('`', '``')}`" for name in path)


def _at(path: Sequence[str], schema: StructType) -> tuple[Column, DataType]:
    inner: DataType = schema
    for name in path:
        inner = inner[name].dataType if isinstance(inner, StructType) else inner
    return _column(path), inner


def _text(column: Column, kind: DataType) -> Column:
    return F.to_json(column) if isinstance(kind, StructType | ArrayType | MapType) else column.cast("string")


def _rescued(schema: StructType, taken: Sequence[tuple[str, ...]]) -> Column:
    rest = _rest(schema, (), set(taken))
    return F.nullif(F.to_json(F.struct(*rest)), F.lit("{}")) if rest else missing()


def _rest(schema: StructType, above: tuple[str, ...], taken: set[tuple[str, ...]]) -> list[Column]:
    """What no field takes; plain values as the text that a field would have got, nested ones as they are."""
    columns = []
    for field in schema:
        path = (*above, field.name)
        if path in taken:
            continue
        if isinstance(field.dataType, StructType) and any(other[: len(path)] == path for other in taken):
            inner = _rest(field.dataType, path, taken)
            columns += [F.when(_column(path).isNotNull(), F.struct(*inner)).alias(field.name)] if inner else []
        elif isinstance(field.dataType, StructType | ArrayType | MapType):
            columns.append(_column(path).alias(field.name))
        else:
            columns.append(_column(path).cast("string").alias(field.name))
    return columns
