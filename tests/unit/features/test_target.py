import statistics

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.sql import functions as F

from tidemill.features import BoxCoxTarget
from tidemill.features.box_cox import NotPositive


@pytest.fixture(scope="module")
def rows(spark):
    """A target whose square root follows x exactly but for a little that has no pattern."""
    x = F.col("id") / 20
    noise = (F.pmod(F.xxhash64("id"), F.lit(100)) - 50) / 500
    table = spark.range(200, numPartitions=2).select(x.alias("x"), ((3 + x + noise) ** 2).alias("label"))
    return VectorAssembler(inputCols=["x"], outputCol="features").transform(table)


@pytest.fixture(scope="module")
def model(rows, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("target") / "model")
    target = BoxCoxTarget(LinearRegression(predictionCol="predicted_label"), "price")
    PipelineModel([target.fit(rows)]).save(path)
    return PipelineModel.load(path)


def test_a_loaded_model_predicts_on_the_targets_own_scale_and_does_not_need_it(rows, model):
    predicted = model.transform(rows.select("features")).select("prediction").collect()

    errors = [abs(row[0] / was[0] - 1) for row, was in zip(predicted, rows.select("label").collect(), strict=True)]
    assert statistics.median(errors) < 0.1
    assert {type(stage).__module__.rpartition(".")[0] for stage in model.stages[0].stages} == {"pyspark.ml"}


def test_a_target_that_is_not_positive_is_named(rows):
    with pytest.raises(NotPositive, match="200 training rows have a value of 'price' that is not positive"):
        BoxCoxTarget(LinearRegression(), "price").fit(rows.withColumn("label", F.lit(0.0)))
