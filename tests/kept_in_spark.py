"""What a session keeps in memory."""

from pyspark.sql import SparkSession


def kept_in(spark: SparkSession) -> set[int]:
    """The numbers of the data sets that are kept. Spark lets go of forgotten ones at any time, so compare with <=."""
    return set(spark.sparkContext._jsc.getPersistentRDDs())
