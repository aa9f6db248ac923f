"""The time of a micro-batch as its rows have it, in a way that leaves the generated code as it is."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# More partitions than there are: none is joined with another.
ALL_PARTITIONS = 100_000


def moment(at: Column, row: Column) -> Column:
    """A time that is the same for all rows of a micro-batch and another one for each micro-batch.

    Spark writes a constant time into the code that it generates. With each micro-batch the code is another then: it is
    compiled anew, and again by the JVM until it is fast. Elements of a constant array are looked up as the code runs.

    Args:
        at: the time, as a literal or `current_timestamp()`.
        row: boolean, of the row; which one does not matter, as long as Spark cannot know it beforehand.

    Returns:
        timestamp.
    """
    return F.array(at, at)[row.cast("int")]


def with_moment(rows: DataFrame, name: str, at: Column, row: Column) -> DataFrame:
    """Add a time as a column, see `moment`, to rows that may be a stream's.

    A stream's `current_timestamp()` becomes a constant after the constant arrays were made. The code up to this column
    is another with each micro-batch, and the code of what follows is code of its own, which stays.
    """
    return rows.withColumn(name, moment(at, row)).coalesce(ALL_PARTITIONS)
