"""Read Parquet files with Spark into bronze's layout."""

import re
from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from tidemill.formats.layout import POSITION_DIGITS
from tidemill.formats.location import unquoted
from tidemill.formats.typed_columns import delivered_columns, quoted

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
    paths = [_GLOB.sub(r"\\\1", unquoted(uri)) for uri in uris]
    nanoseconds = [name for name, kind in types.items() if kind.startswith("timestamp[ns")]
    if nanoseconds:
        # Spark refuses a file with pandas' own timestamps unless this says to take them as numbers.
        spark.conf.set("spark.sql.legacy.parquet.nanosAsLong", "true")
    files = reader.parquet(*paths).withColumn(_METADATA, F.col("_metadata"))
    files = files.withColumns({name: nanosecond_text(quoted([name])) for name in nanoseconds})
    schema = StructType([field for field in files.schema if field.name != _METADATA])
    number = (F.col(f"{_METADATA}.row_index") + 1).cast("string")
    return files.select(
        *delivered_columns(schema, fields),
        F.regexp_replace(f"{_METADATA}.file_path", "^file:/+", "file:///").alias("_source"),
        F.lpad(number, POSITION_DIGITS, "0").alias("_position"),
    )


def nanosecond_text(name: str) -> Column:
    """Nanoseconds since 1970 as Spark writes a timestamp, with nine digits where it has no room for them."""
    nanoseconds = F.col(name)
    # `div` keeps to whole numbers; a double has no room for today's nanoseconds.
    micros = F.expr(f"timestamp_micros(({name} - pmod({name}, 1000)) div 1000)")
    nine_digits = F.lpad(F.pmod(nanoseconds, F.lit(1_000_000_000)).cast("string"), 9, "0")
    precise = F.concat(F.date_format(micros, "yyyy-MM-dd HH:mm:ss."), nine_digits)
    return F.when(nanoseconds % 1000 == 0, micros.cast("string")).otherwise(precise)
