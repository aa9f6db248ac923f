import pytest
from pyspark.ml.classification import GBTClassifier, RandomForestClassifier
from pyspark.ml.regression import GBTRegressor

from tidemill.validation.boosting.settings import can_fit, categories_of


class Subclass(GBTClassifier):
    """Whose fit may be another."""


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (GBTClassifier, {}),
        (GBTRegressor, {}),
        (
            GBTClassifier,
            {
                "subsamplingRate": 0.5,
                "featureSubsetStrategy": "sqrt",
                "stepSize": 1.0,
                "maxDepth": 30,
                "cacheNodeIds": True,
            },
        ),
        (GBTRegressor, {"featureSubsetStrategy": "onethird", "weightCol": ""}),
    ],
)
def test_boosted_trees_are_fitted(spark, kind, settings):
    assert can_fit(kind(**settings))


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (RandomForestClassifier, {}),
        (Subclass, {}),
        (GBTClassifier, {"weightCol": "weight"}),
        (GBTClassifier, {"validationIndicatorCol": "held_out"}),
        (GBTClassifier, {"leafCol": "leaf"}),
        (GBTClassifier, {"featureSubsetStrategy": "log2"}),
        (GBTRegressor, {"featureSubsetStrategy": "0.3"}),
        (GBTRegressor, {"lossType": "absolute"}),
        (GBTRegressor, {"maxDepth": 31}),
        (GBTRegressor, {"maxIter": 0}),
        (GBTRegressor, {"stepSize": 1.1}),
        (GBTRegressor, {"subsamplingRate": 0.0}),
        (GBTRegressor, {"maxBins": 1}),
        (GBTRegressor, {"minWeightFractionPerNode": 0.5}),
    ],
)
def test_what_spark_has_more_to_say_about_is_left_to_it(spark, kind, settings):
    assert not can_fit(kind(**settings))


def test_thresholds_are_left_to_spark(spark):
    assert not can_fit(GBTClassifier().setThresholds([0.3, 0.7]))


def test_the_metadata_of_features_tell_categories():
    attributes = {
        "numeric": [{"idx": 0, "name": "amount"}],
        "binary": [{"idx": 1}],
        "nominal": [{"idx": 2, "vals": ["a", "b", "c"]}, {"idx": 3, "num_vals": 7}],
    }

    assert categories_of({"ml_attr": {"attrs": attributes}}) == {1: 2, 2: 3, 3: 7}
    assert categories_of({}) == {}
    assert categories_of({"ml_attr": {"attrs": {"nominal": [{"idx": 1}]}}}) is None
