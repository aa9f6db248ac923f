"""The Telco churn sample as gold.customer_features holds it, as it is or resampled with noise."""

from pathlib import Path

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.config import load_config
from tidemill.contract import load_contract
from tidemill.demo.customers import load_customers
from tidemill.gold import customer_features
from tidemill.models.settings import ModelSettings, load_model_settings

SEED = 20
NOISE = 0.05  # of a number, either way


def churn_settings() -> ModelSettings:
    """conf/models/churn.yaml."""
    return load_model_settings(load_config(), "churn")


def gold_customers(spark: SparkSession) -> DataFrame:
    """All 7,043 customers, one row each, and `label` double.

    Source: see `load_customers`.
    """
    contract = load_contract(load_config(), "telco_customers")
    delivered = load_customers(np.random.default_rng(SEED)).astype(object)
    texts = delivered.where(delivered.notna(), None).map(lambda value: None if value is None else str(value))
    columns = [
        F.expr(f"cast(`{column.source or name}` as {column.type})").alias(name)
        for name, column in contract.columns.items()
    ]
    silver = spark.createDataFrame(texts).select(*columns)
    gold = customer_features.build({"silver.telco_customers": silver})
    return gold.withColumn("label", F.col("churn").cast("double"))


def resampled(spark: SparkSession, rows: int, folder: Path) -> DataFrame:
    """Customers drawn with replacement, their numbers changed by up to a twentieth; written once and read again.

    Args:
        spark: the session.
        rows: how many.
        folder: takes one of its own for each number of rows.
    """
    place = folder / f"customers-{rows}"
    if not place.exists():
        gold = gold_customers(spark).drop("customer_id").repartition(1)
        numbered = gold.withColumn("_place", F.monotonically_increasing_id()).cache()
        drawn = spark.range(rows, numPartitions=max(2, rows // 500_000)).select(
            F.format_string("%09d", "id").alias("customer_id"), F.pmod(F.xxhash64("id"), F.lit(7043)).alias("_place")
        )
        noise = {
            name: F.col(name) * (1 + NOISE * (2 * F.rand(SEED + at) - 1))
            for at, name in enumerate(("monthly_charges", "total_charges", "average_charges"))
        }
        drawn.join(F.broadcast(numbered), "_place").drop("_place").withColumns(noise).write.parquet(str(place))
        numbered.unpersist()
    return spark.read.parquet(str(place))
