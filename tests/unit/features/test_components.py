import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import functions as F

from tidemill.features import FeatureSettings, feature_names, feature_places, feature_stages

COLUMNS = ("a", "same_as_a", "b")


@pytest.fixture(scope="module")
def rows(spark):
    a, b = (F.pmod(F.xxhash64("id", F.lit(name)), F.lit(1000)) / 1000 for name in "ab")
    return spark.range(300, numPartitions=2).select(a.alias("a"), (2 * a).alias("same_as_a"), b.alias("b"))


@pytest.mark.parametrize(("share", "number"), [(0.6, 1), (0.95, 2), (1.0, 2)])
def test_as_many_components_as_explain_the_share_are_kept_and_saved(rows, tmp_path, share, number):
    Pipeline(stages=feature_stages(FeatureSettings(numeric=COLUMNS, pca=share))).fit(rows).save(str(tmp_path / "m"))
    model = PipelineModel.load(str(tmp_path / "m"))

    assert feature_names(model) == tuple(f"component {at + 1}" for at in range(number))
    assert feature_places(model)[0].columns == COLUMNS
    assert len(model.transform(rows).head()["features"]) == number
