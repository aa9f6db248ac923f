"""Readings as lines of the InfluxDB line protocol."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# What a tag cannot hold in every store that takes the protocol: control characters, which end a line, and the
# backslash, which some stores take for an escape and others for itself. They are written as in a URL, and so is a
# percent sign that would be read as one of these.
_UNSAFE = [*(chr(code) for code in range(32)), "\x7f", "\\"]
_SPECIAL = r"([,= ])"


def tag(text: Column) -> Column:
    """A text as the protocol writes a tag's key or value; no two texts are written alike."""
    safe = F.regexp_replace(text, "%(?=[0-9A-Fa-f]{2})", "%25")
    for character in _UNSAFE:
        safe = F.replace(safe, F.lit(character), F.lit(f"%{ord(character):02X}"))
    return F.regexp_replace(safe, _SPECIAL, r"\\$1")


def lines(readings: DataFrame, measurement: str, entity: Sequence[str]) -> DataFrame:
    """One line a reading: `MEASUREMENT,TAGS value=1.5 NANOSECONDS`. Readings without a value have none.

    The entity's columns and the unit are tags, one that is empty left out, as the protocol cannot write it. The same
    sensor and time give the same series and timestamp, so that a line sent again replaces itself.

    Args:
        readings: see `tidemill.streams.windows.readings.readings`.
        measurement: a dataset's name; letters, digits and _.
        entity: the columns that become tags.

    Returns:
        One column: line string.
    """
    tags = [F.when(F.col(name) != "", F.concat(F.lit(f",{name}="), tag(F.col(name)))) for name in (*entity, "unit")]
    told = [F.coalesce(each, F.lit("")) for each in tags]
    value, at = F.col("value").cast("string"), F.concat(F.col("at").cast("string"), F.lit("000"))
    line = F.concat(F.lit(measurement), *told, F.lit(" value="), value, F.lit(" "), at)
    return readings.where(F.col("value").isNotNull()).select(line.alias("line"))


def blocks(rows: DataFrame, lines_each: int) -> DataFrame:
    """The lines in blocks of at most so many, as one text each, so that a driver fetches few rows.

    Returns:
        block string, lines bigint.
    """
    numbered = rows.withColumn("_block", F.floor(F.monotonically_increasing_id() / lines_each))
    joined = F.array_join(F.collect_list("line"), "\n").alias("block")
    return numbered.groupBy("_block").agg(joined, F.count(F.lit(1)).alias("lines")).drop("_block")
