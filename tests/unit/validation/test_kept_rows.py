from pyspark.sql import functions as F

from tidemill.validation import without_plan


def operators(frame):
    return frame._jdf.queryExecution().analyzed().toString().count("\n")


def test_cached_rows_without_their_plan_are_the_same_in_the_same_places(spark):
    cached = spark.range(40, numPartitions=3).withColumn("twice", F.col("id") * 2).where("id % 3 > 0").persist()

    bare = without_plan(cached)

    assert bare.schema == cached.schema
    assert operators(bare) == 1 < operators(cached)
    placed = [frame.withColumn("part", F.spark_partition_id()).collect() for frame in (cached, bare)]
    assert placed[0] == placed[1]
    # What an executor took with it is made again.
    cached.unpersist(blocking=True)
    assert bare.collect() == cached.collect()
