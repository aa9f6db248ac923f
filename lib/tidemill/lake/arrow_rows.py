"""Rows as Arrow's, of a schema in Spark's words: what a table can be given without a JVM."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

FIELD = re.compile(r"\s*`?(\w+)`?\s+(map<\w+,\s*\w+>|array<\w+>|\w+)\s*(?:,|$)")
TYPES = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


def arrow_table(rows: Sequence[Sequence[Any]], schema: str) -> pa.Table:
    """Rows as a table.

    Args:
        rows: at least one; values in the schema's order; times with a zone.
        schema: as Spark writes it: `name type, ...`.

    Raises:
        ValueError: the schema has a type that is not among TYPES, or a map or an array of them.
    """
    fields = arrow_schema(schema)
    columns = zip(*rows, strict=True)
    return pa.table([_array(values, field.type) for values, field in zip(columns, fields, strict=True)], schema=fields)


def arrow_schema(schema: str) -> pa.Schema:
    """What a schema in Spark's words is in Arrow's: names, types, every field nullable.

    Raises:
        ValueError: it has a type that is not among TYPES, or a map or an array of them.
    """
    fields, at = [], 0
    while at < len(schema):
        found = FIELD.match(schema, at)
        if found is None:
            raise ValueError(f"no column and type that can be written without a JVM: {schema[at:].strip()}")
        fields.append(pa.field(found[1], _type(found[2])))
        at = found.end()
    return pa.schema(fields)


def _type(name: str) -> pa.DataType:
    if name.startswith("map<"):
        key, value = name[len("map<") : -1].split(",")
        return pa.map_(_type(key.strip()), _type(value.strip()))
    if name.startswith("array<"):
        return pa.list_(_type(name[len("array<") : -1].strip()))
    if name not in TYPES:
        raise ValueError(f"the type {name} cannot be written without a JVM; known: {', '.join(TYPES)}, map, array")
    return TYPES[name]


def _array(values: Iterable[Any], type: pa.DataType) -> pa.Array:
    if pa.types.is_map(type):
        return pa.array([None if value is None else list(value.items()) for value in values], type)
    if pa.types.is_timestamp(type):
        return pa.array([value.astimezone(UTC) if isinstance(value, datetime) else value for value in values], type)
    return pa.array(list(values), type)
