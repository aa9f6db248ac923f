"""The session that benchmarks of streams run in, as stream.py has it."""

from pyspark.sql import SparkSession

from tidemill.session import keep_lookups
from tidemill.streams.running import SETTINGS


def stream_session(name: str) -> SparkSession:
    """A session of two cores with a stream's settings, that tells errors alone."""
    builder = SparkSession.builder.appName(name).master("local[2]")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    keep_lookups(spark)
    return spark
