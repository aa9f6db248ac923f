"""A session for a query of small batches, beside the one of the job."""

from pyspark.sql import SparkSession

# More tasks, and more caution in planning them, cost such a batch more than they bring.
SETTINGS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.writeChecksumFile.enabled": "false",
}
MOST_TASKS = 16


def own_session(spark: SparkSession) -> SparkSession:
    """A session that shares everything with the given one but its settings."""
    own = spark.newSession()
    tasks = min(spark.sparkContext.defaultParallelism, MOST_TASKS)
    for key, value in {**SETTINGS, "spark.sql.shuffle.partitions": str(tasks)}.items():
        own.conf.set(key, value)
    return own
