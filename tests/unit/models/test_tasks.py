"""A target on Box and Cox's scale, from the model's file to a saved model and its figures."""

import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import functions as F

from tidemill.models.candidates import candidates_of, first_stage
from tidemill.models.settings import ModelSettings
from tidemill.models.tasks import figures_of, label_of

SETTINGS = ModelSettings(
    name="small",
    task="regression",
    table="gold.houses",
    key=("id",),
    target={"column": "price", "transform": "box_cox"},
    features={"numeric": ("size",)},
    candidates=[{"algorithm": "linear_regression"}],
    metric="rmse_log",
)


@pytest.fixture(scope="module")
def predicted(spark, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("task") / "model")
    size = (F.pmod(F.xxhash64("id"), F.lit(1000)) / 100).alias("size")
    rows = spark.range(200, numPartitions=2).select("id", size).withColumn("price", (5 + F.col("size")) ** 3)
    labelled = first_stage(SETTINGS).transform(rows.withColumn("label", label_of(SETTINGS)))
    fitted = Pipeline(stages=list(candidates_of(SETTINGS)[0].stages)).fit(labelled)
    PipelineModel([first_stage(SETTINGS), *fitted.stages]).save(path)
    return PipelineModel.load(path).transform(rows)


def test_predictions_are_on_the_targets_own_scale_and_figures_on_both(predicted):
    figures = figures_of(SETTINGS, predicted)

    assert set(figures) == set(SETTINGS.figures)
    assert figures["r2"] > 0.95
    assert figures["rmse_log"] < 0.2
