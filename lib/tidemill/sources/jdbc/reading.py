"""Read rows with Spark: over several connections at once, every value as the text that loses nothing."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.formats.typed_columns import delivered_columns
from tidemill.sources.jdbc.connection import Address, Connection, answering
from tidemill.sources.jdbc.origin import Ordered, Origin
from tidemill.sources.jdbc.ranges import cuts

DIVIDER = "p"


def division(connection: Connection, origin: Origin, column: str | None, partitions: int, where: str) -> dict[str, Any]:
    """How to divide rows among connections, as a slice's range keeps it; empty where they are read over one.

    Raises:
        NoSuchSourceColumn, WrongSourceColumn: the column cannot be read over.
        DatabaseAnswer: the database refuses.
    """
    if column is None:
        return {}
    ordered = origin.ordered(connection, "source.partition_by", column)
    low, high = (ordered.text(f"{end}({ordered.placed})") for end in ("min", "max"))
    least, most = connection.row(f"select {low}, {high} from {origin.sql} where {where}")
    return {"column": column, "kind": ordered.kind, "cuts": cuts(least, most, ordered.kind, partitions)}


def rows_of(
    spark: SparkSession,
    address: Address,
    driver: str,
    origin: Origin,
    where: str,
    divided: tuple[Ordered, Sequence[str]] | None,
    fetch_size: int,
) -> DataFrame:
    """The rows under a condition, the columns under the database's names.

    Args:
        spark: the session.
        address: of the database.
        driver: the class name.
        origin: what to read from.
        where: SQL over the origin.
        divided: the column and the cuts that divide the rows among connections.
        fetch_size: rows that a connection holds at a time.

    Returns:
        Strings, where the database writes its values as text; else Spark's types.

    Raises:
        DatabaseAnswer: the database refuses.
    """
    labels = {name: f"c{place}" for place, name in enumerate(origin.columns)}
    selected = [f"{_value(origin, name)} {origin.quoted(label)}" for name, label in labels.items()]
    predicates = ["1 = 1"]
    if divided is not None:
        ordered, values = divided
        selected.append(f"{ordered.name} {origin.quoted(DIVIDER)}")
        predicates = parted(origin.quoted(DIVIDER), [ordered.literal(value) for value in values])
    properties = {**address.properties, "driver": driver, "fetchsize": str(fetch_size)}
    # Texts have another order in a database than in Spark, so that no filter of Spark's may be given to it.
    properties["pushDownPredicate"] = "false"
    if origin.dialect.texts:
        shown = [*labels.values(), DIVIDER][: len(selected)]
        properties["customSchema"] = ", ".join(f"{label} string" for label in shown)
    table = f"(select {', '.join(selected)} from {origin.sql} where {where}) t"
    with answering(spark):
        loaded = spark.read.jdbc(address.url, table, predicates=predicates, properties=properties)
    return loaded.select(*[F.col(label).alias(name) for name, label in labels.items()])


def parted(name: str, values: Sequence[str]) -> list[str]:
    """Conditions of which each row meets exactly one, given rising values; null is with the lowest."""
    if not values:
        return ["1 = 1"]
    between = [f"{name} >= {low} and {name} < {high}" for low, high in pairwise(values)]
    return [f"{name} < {values[0]} or {name} is null", *between, f"{name} >= {values[-1]}"]


def delivered_rows(rows: DataFrame, fields: Mapping[str, str], source: str, place: Sequence[str]) -> DataFrame:
    """Rows of a database in the layout of `formats.delivered`.

    Args:
        rows: from `rows_of`.
        fields: contract column name -> the database's.
        source: for `_source`.
        place: the columns that find a row again; with none, a hash of the whole row does.

    Returns:
        `_position` is a JSON object, `{"id":"7"}`, or `{"md5":"..."}`.
    """
    keep_nulls = {"ignoreNullFields": "false"}
    values = [_quoted(name).cast("string").alias(name) for name in place or rows.columns]
    position = F.to_json(F.struct(*values), keep_nulls)
    if not place:
        position = F.concat(F.lit('{"md5":"'), F.md5(position), F.lit('"}'))
    return rows.select(
        *delivered_columns(rows.schema, fields), F.lit(source).alias("_source"), position.alias("_position")
    )


def key_rows(rows: DataFrame, fields: Mapping[str, str]) -> DataFrame:
    """The columns of a key alone, as strings under the contract's names."""
    return rows.select(*[_quoted(delivered).cast("string").alias(name) for name, delivered in fields.items()])


def _value(origin: Origin, name: str) -> str:
    sql = origin.names[name]
    return origin.dialect.text(origin.columns[name], sql) if origin.dialect.texts else sql


def _quoted(name: str) -> Column:
    return F.col(f"`{name.replace('`', '``')}`")
