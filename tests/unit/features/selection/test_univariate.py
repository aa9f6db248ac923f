import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import functions as F

from tidemill.features import FeatureSettings, feature_names, feature_stages
from tidemill.features.selection import NothingSelected


def noise(name):
    return F.pmod(F.xxhash64("id", F.lit(name)), F.lit(1000)) / 1000


@pytest.fixture(scope="module")
def rows(spark):
    said, plan = noise("said"), F.when(noise("plan") < 0.5, "flat").otherwise("metered")
    rows = spark.range(400, numPartitions=2).select(
        "id", said.alias("said"), noise("idle").alias("idle"), plan.alias("plan")
    )
    rows = rows.withColumn("same", F.lit(1.0)).withColumn("coin", F.when(noise("coin") < 0.5, "head").otherwise("tail"))
    pull = F.col("said") + F.when(F.col("plan") == "flat", 0.5).otherwise(0.0) + 0.3 * noise("pull")
    return rows.withColumn("pull", pull).withColumn("left", (pull > 0.9).cast("double")).cache()


def names(rows, label, tmp_path=None, **selection):
    settings = FeatureSettings(numeric=("said", "idle", "same"), categorical=("plan", "coin"), select=selection)
    model = Pipeline(stages=feature_stages(settings)).fit(rows.withColumn("label", F.col(label)))
    if tmp_path:
        model.save(str(tmp_path / "model"))
        model = PipelineModel.load(str(tmp_path / "model"))
        assert len(model.transform(rows).head()["features"]) == len(feature_names(model))
    return feature_names(model)


def test_the_places_that_say_most_are_kept_and_a_constant_one_is_not(rows, tmp_path):
    assert names(rows, "left", tmp_path, test="anova", keep=3) == ("said", "plan=flat", "plan=metered")
    assert names(rows, "pull", test="regression", share=0.5) == ("said", "plan=flat", "plan=metered")


def test_chi2_tests_levels_and_keeps_numbers(rows):
    kept = names(rows, "left", test="chi2", false_discovery=0.01)

    assert kept == ("said", "idle", "same", "plan=flat", "plan=metered")


def test_when_nothing_is_related_that_is_told(rows):
    with pytest.raises(NothingSelected, match="no feature that is related to the target"):
        names(rows.withColumn("left", F.col("id") % 2), "left", test="anova", false_discovery=1e-6)
