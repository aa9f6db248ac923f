"""A stream that parses and writes, and does nothing else: what Spark and Delta themselves cost."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

SCHEMA = "station string, sensor string, at timestamp, value double, battery int"


def bare_query(
    spark: SparkSession, servers: str, topic: str, folder: str, messages_per_batch: int = 200_000, once: bool = False
) -> StreamingQuery:
    """Bring a topic into two Delta tables: the messages as they are, and what from_json makes of them."""
    messages = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", servers)
        .option("subscribe", topic)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", messages_per_batch)
        .load()
    )

    def write(rows: DataFrame, batch: int) -> None:
        kept = rows.persist()
        told = kept.select(F.col("value").cast("string"), "partition", "offset", "timestamp")
        parsed = kept.select(F.from_json(F.col("value").cast("string"), SCHEMA).alias("given")).select("given.*")
        told.write.format("delta").mode("append").save(f"{folder}/bronze")
        parsed.write.format("delta").mode("append").save(f"{folder}/silver")
        kept.unpersist()

    query = messages.writeStream.foreachBatch(write).option("checkpointLocation", f"{folder}/checkpoint")
    return (query.trigger(availableNow=True) if once else query).start()
