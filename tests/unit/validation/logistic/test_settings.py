import pytest
from pyspark.ml.classification import LinearSVC, LogisticRegression
from pyspark.ml.linalg import Matrices, Vectors

from tidemill.validation.logistic import can_fit

pytestmark = pytest.mark.usefixtures("spark")


def test_a_learner_of_two_classes_is_taken_whatever_its_other_parameters():
    assert can_fit(LogisticRegression())
    assert can_fit(
        LogisticRegression(
            family="Binomial",
            regParam=0.1,
            elasticNetParam=1.0,
            fitIntercept=False,
            standardization=False,
            weightCol="weight",
            threshold=0.2,
            aggregationDepth=3,
            maxBlockSizeInMB=2.0,
        )
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"family": "multinomial"},
        {"thresholds": [0.3, 0.7]},
        {"lowerBoundsOnCoefficients": Matrices.dense(1, 1, [0.0])},
        {"upperBoundsOnIntercepts": Vectors.dense(0.0)},
        {"regParam": -1.0},
        {"elasticNetParam": 1.5},
        {"tol": float("nan")},
        {"maxIter": -1},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_what_spark_does_otherwise_or_has_an_error_for_is_left_to_it(settings):
    assert not can_fit(LogisticRegression(**settings))


def test_other_learners_are_not_taken():
    assert not can_fit(LinearSVC())
    assert not can_fit(type("Mine", (LogisticRegression,), {})())
