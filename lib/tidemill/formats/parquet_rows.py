"""Read Parquet files with Spark into bronze's layout."""

import re
from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StructType

from tidemill.formats.layout import POSITION_DIGITS
from tidemill.formats.location import local_path

_GLOB = re.compile(r"([\\*?\[\]{}])")
_METADATA = "_tidemill_metadata"


def parquet_rows(
    spark: SparkSession, uris: Sequence[str], fields: Mapping[str, str], types: Mapping[str, str]
) -> DataFrame:
    """Read Parquet files of one schema.

    Values are cast by Spark: an instant is written in the session's time zone (UTC in tidemill's sessions), a timestamp
    without zone as it stands. The position of a record is its row in the file, counted from 1.

    Args:
        spark: the session; reads one file's footer for the schema.
        uris: the files, as `canonical_uri` writes them.
        fields: contract column name -> delivered name, or a dotted path into a struct.
        types: the type of each top-level column, as `Recognised` tells it.

    Returns:
        `formats.delivered`'s columns; `_raw` is always null.
    """
    reader = spark.read.option("recursiveFileLookup", True)  # no partition columns from the folders' names
    reader = reader.option("datetimeRebaseMode", "CORRECTED").option("int96RebaseMode", "CORRECTED")
    paths = [_GLOB.sub(r"\\\1", local_path(uri) or uri) for uri in uris]
    nanoseconds = [name for name, kind in types.items() if kind.startswith("timestamp[ns")]
    if nanoseconds:
        # Spark refuses a file with pandas' own timestamps unless this says to take them as numbers.
        spark.conf.set("spark.sql.legacy.parquet.nanosAsLong", "true")
    files = reader.parquet(*paths).withColumn(_METADATA, F.col("_metadata"))
    files = files.withColumns({name: _moment(_quoted([name])) for name in nanoseconds})
    schema = StructType([field for field in files.schema if field.name != _METADATA])
    taken = {name: _path(delivered, schema) for name, delivered in fields.items()}
    values = [(_text(*_at(path, schema)) if path else _missing()).alias(name) for name, path in taken.items()]
    number = (F.col(f"{_METADATA}.row_index") + 1).cast("string")
    return files.select(
        *values,
        _rescued(schema, [path for path in taken.values() if path]).alias("_rescued"),
        _missing().alias("_raw"),
        F.regexp_replace(f"{_METADATA}.file_path", "^file:/+", "file:///").alias("_source"),
        F.lpad(number, POSITION_DIGITS, "0").alias("_position"),
    )


def _moment(name: str) -> Column:
    """Nanoseconds since 1970 as Spark writes a timestamp, with nine digits where it has no room for them."""
    nanoseconds = F.col(name)
    # `div` keeps to whole numbers; a double has no room for today's nanoseconds.
    micros = F.expr(f"timestamp_micros(({name} - pmod({name}, 1000)) div 1000)")
    nine_digits = F.lpad(F.pmod(nanoseconds, F.lit(1_000_000_000)).cast("string"), 9, "0")
    precise = F.concat(F.date_format(micros, "yyyy-MM-dd HH:mm:ss."), nine_digits)
    return F.when(nanoseconds % 1000 == 0, micros.cast("string")).otherwise(precise)


def _missing() -> Column:
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
    return F.col(_quoted(path))


def _quoted(path: Sequence[str]) -> str:
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
    return F.nullif(F.to_json(F.struct(*rest)), F.lit("{}")) if rest else _missing()


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
