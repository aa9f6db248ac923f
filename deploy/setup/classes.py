"""Use of Spark what jobs use, so that its classes are loaded when the JVM writes its archive of them.

What is missed here is loaded as ever when a job needs it; nothing depends on what this computes.
"""

import sys

from delta.tables import DeltaTable
from pyspark.ml import Pipeline
from pyspark.ml.classification import GBTClassifier, LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F


def rows_of(spark: SparkSession, folder: str) -> DataFrame:
    """A few rows that have been through text formats."""
    made = spark.range(40).select(
        "id",
        (F.col("id") % 3).cast("string").alias("kind"),
        (F.rand(1) * 10).alias("size"),
        F.current_timestamp().alias("at"),
    )
    for written in ("json", "parquet"):
        made.write.mode("overwrite").format(written).save(f"{folder}/{written}")
    made.write.mode("overwrite").csv(f"{folder}/csv", header=True)
    texts = spark.read.csv(f"{folder}/csv", header=True)
    texts.join(spark.read.schema(made.schema).json(f"{folder}/json").select("id", "at"), "id", "left_anti").count()
    read = texts.select(
        F.col("id").cast("long"), "kind", F.col("size").cast("double"), F.to_timestamp("at").alias("at")
    )
    first = Window.partitionBy("kind").orderBy("id")
    checked = read.withColumn("place", F.row_number().over(first)).withColumn("hash", F.xxhash64("id", "kind"))
    return checked.withColumn(
        "problems", F.filter(F.array(F.when(F.col("size") > 9, "large")), lambda each: each.isNotNull())
    )


def tables(spark: SparkSession, rows: DataFrame, folder: str) -> None:
    """Write, merge, follow and read tables."""
    table, other = f"{folder}/table", f"{folder}/other"
    for _ in range(2):
        rows.write.format("delta").mode("append").option("userMetadata", "{}").save(table)
    kept = DeltaTable.forPath(spark, table)
    newer = rows.limit(5).withColumn("size", F.lit(1.0)).dropDuplicates(["id"])
    merge = kept.alias("t").merge(newer.alias("s"), "t.id = s.id and t.place = s.place")
    merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    kept.delete("size > 8")
    kept.history(1).collect()
    stream = spark.readStream.format("delta").option("ignoreChanges", True).load(table)

    def keep(batch: DataFrame, _: int) -> None:
        batch.persist()
        batch.groupBy("kind").agg(F.count("*"), F.avg("size"), F.percentile_approx("size", 0.5)).collect()
        batch.write.format("delta").mode("append").save(other)
        batch.unpersist()

    writer = stream.writeStream.foreachBatch(keep).option("checkpointLocation", f"{folder}/checkpoint")
    writer.trigger(availableNow=True).start().awaitTermination()
    spark.read.format("delta").load(other).where("kind = '1'").toPandas()


def models(rows: DataFrame) -> None:
    """Fit and apply models."""
    labelled = rows.withColumn("label", (F.col("id") % 2).cast("double")).cache()
    stages = [
        VectorAssembler(inputCols=["size", "place"], outputCol="raw"),
        StandardScaler(inputCol="raw", outputCol="features"),
    ]
    for learner in (LogisticRegression(maxIter=2), GBTClassifier(maxIter=1, maxDepth=2)):
        predicted = Pipeline(stages=[*stages, learner]).fit(labelled).transform(labelled)
        BinaryClassificationEvaluator().evaluate(predicted)


def main(folder: str) -> None:
    """Use all of it, with plans compiled and then interpreted, as short jobs have them."""
    spark = SparkSession.builder.appName("classes").getOrCreate()
    rows = rows_of(spark, folder)
    tables(spark, rows, folder)
    models(rows)
    spark.conf.set("spark.sql.codegen.wholeStage", "false")
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    spark.read.format("delta").load(f"{folder}/table").groupBy("kind").agg(F.count("*")).orderBy("kind").collect()
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
