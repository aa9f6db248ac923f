"""Rows whose chance of class 1 is known, for the tests of learners."""

from typing import NamedTuple

import pytest
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def noise(name: str):
    """A number from 0 to 1 that the row's id decides."""
    return F.pmod(F.xxhash64("id", F.lit(name)), F.lit(10_000)) / 10_000


class Rows(NamedTuple):
    common: DataFrame
    rare: DataFrame


@pytest.fixture(scope="session")
def made(spark) -> Rows:
    """900 rows each: id, features (3), chance (true, of class 1), label (common: half are 1; rare: 14 %), coin (a label
    that follows nothing), worth (a number), fold (0 to 2), weight."""
    ids = spark.range(900, numPartitions=2).select("id", *(noise(name).alias(name) for name in ("a", "b", "c")))

    def labelled(rows, shift):
        chance = 1 / (1 + F.exp(-(6 * F.col("a") + 2 * F.col("b") - shift)))
        with_label = rows.withColumn("chance", chance).withColumn("label", (noise("draw") < chance).cast("double"))
        worth = 3 * F.col("a") - F.col("b") + 0.3 * noise("worth")
        others = {
            "coin": (noise("coin") < 0.5).cast("double"),
            "worth": worth,
            "fold": F.pmod(F.col("id"), F.lit(3)).cast("int"),
            "weight": 1 + noise("weight"),
        }
        vectors = VectorAssembler(inputCols=["a", "b", "c"], outputCol="features")
        return vectors.transform(with_label.withColumns(others)).drop("a", "b", "c").cache()

    return Rows(labelled(ids, 4.0), labelled(ids, 6.6))


def probabilities(model, rows, column="probability"):
    """The probability of class 1 by id."""
    answers = model.transform(rows).select("id", vector_to_array(column)[1].alias("p")).collect()
    return {row["id"]: row["p"] for row in answers}


def column_of(rows, name):
    """A column's values by id."""
    return {row["id"]: row[name] for row in rows.select("id", name).collect()}


@pytest.fixture(scope="session")
def probabilities_of():
    return probabilities


@pytest.fixture(scope="session")
def values_of():
    return column_of
