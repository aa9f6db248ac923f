"""What Spark's own fits give is expected throughout: the same iterates, not merely the same optimum."""

from typing import NamedTuple

import numpy as np
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.validation.logistic import fit_all
from tidemill.validation.logistic.fits import Fit
from tidemill.validation.logistic.fitting import fits_of
from tidemill.validation.logistic.settings import columns_of, settings_of

WIDTH = 9
SEEDS = (1, 2, 3)
LEARNERS = {
    "unregularised, stopped early": {"maxIter": 5},
    "unregularised, to the end": {"weightCol": "weight"},
    "a little L2": {"regParam": 0.001, "maxIter": 40},
    "L2 on the features as they are": {"regParam": 0.05, "standardization": False},
    "weighted L2, stopped early": {"regParam": 0.1, "weightCol": "weight", "standardization": False, "maxIter": 10},
    "no intercept": {"regParam": 0.01, "fitIntercept": False, "maxIter": 10},
    "L1": {"regParam": 0.05, "elasticNetParam": 1.0},
    "elastic net on the features as they are": {"regParam": 0.02, "elasticNetParam": 0.5, "standardization": False},
    "weighted elastic net without intercept": {
        "regParam": 0.01,
        "elasticNetParam": 0.3,
        "fitIntercept": False,
        "weightCol": "weight",
        "maxIter": 8,
    },
    "no iteration": {"maxIter": 0, "regParam": 0.1},
}


def sample(spark, seed, count=260):
    """Dense and sparse rows of features on several scales: some constant, some rare, some nearly collinear.

    Not on scales too far apart: where L-BFGS takes very many steps, Spark's fit to the same rows in other partitions
    differs from its first by far more than 1e-9.
    """
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, WIDTH)) * np.geomspace(0.2, 30, WIDTH) + random.uniform(-3, 3, WIDTH)
    features[:, 1] = 2.5
    features[:, 2] = random.random(count) < 0.05
    features[:, 4] = features[:, 3] + 0.02 * features[:, 4]
    spread = np.where(features.std(axis=0) > 0, features.std(axis=0), 1)
    pull = (features - features.mean(axis=0)) / spread @ random.normal(size=WIDTH)
    labels = (pull + random.logistic(size=count) > 1).astype(int)
    weights = random.integers(0, 4, count) / 2
    vectors = [
        Vectors.sparse(WIDTH, {at: x for at, x in enumerate(row) if x}) if place % 3 else Vectors.dense(row)
        for place, row in enumerate(features)
    ]
    columns = zip(range(count), vectors, labels.tolist(), weights.tolist(), strict=True)
    return spark.createDataFrame(list(columns), ["id", "features", "label", "weight"])


class Fitted(NamedTuple):
    """A learner, the rows that it was fitted to, the fit and our model of it, and Spark's model."""

    learner: LogisticRegression
    training: DataFrame
    held_out: DataFrame
    fit: Fit
    ours: LogisticRegressionModel
    theirs: LogisticRegressionModel


@pytest.fixture(scope="module")
def fitted(spark):
    """Every learner, fitted to the rows of one seed or another."""
    made = {}
    for place, seed in enumerate(SEEDS):
        rows = sample(spark, seed).coalesce(1)
        training, held_out = rows.where("id % 4 > 0").cache(), rows.where("id % 4 = 0")
        learners = {name: LogisticRegression(**LEARNERS[name]) for name in list(LEARNERS)[place :: len(SEEDS)]}
        ours = fit_all(training, list(learners.values()))
        for (name, learner), mine in zip(learners.items(), ours, strict=True):
            (fit,) = fits_of(training, columns_of(learner), [settings_of(learner)])
            made[name] = Fitted(learner, training, held_out, fit, mine, learner.fit(training))
    return made


@pytest.mark.parametrize("name", LEARNERS)
def test_a_fit_is_sparks(fitted, name):
    each = fitted[name]
    ours, theirs = each.ours, each.theirs

    assert not ours.hasSummary, "Spark fitted it, so nothing is compared"
    assert ours.coefficients.toArray() == pytest.approx(theirs.coefficients.toArray(), rel=1e-9, abs=1e-14)
    assert ours.intercept == pytest.approx(theirs.intercept, rel=1e-9, abs=1e-14)
    assert type(ours.coefficients) is type(theirs.coefficients)


@pytest.mark.parametrize("name", LEARNERS)
def test_a_fit_takes_sparks_way(fitted, name):
    each = fitted[name]

    assert each.fit.objectives == pytest.approx(each.theirs.summary.objectiveHistory, rel=1e-10)


def test_a_fit_does_not_depend_on_those_beside_it(fitted):
    for name, each in fitted.items():
        alone = np.append(each.fit.coefficients, each.fit.intercept)
        beside = np.append(each.ours.coefficients.toArray(), each.ours.intercept)
        assert beside == pytest.approx(alone, rel=1e-9, abs=1e-14), name


@pytest.mark.parametrize("name", ["a little L2", "L1"])
def test_held_out_rows_are_ranked_as_by_sparks_model(fitted, name):
    each = fitted[name]
    area = BinaryClassificationEvaluator(numBins=0)

    assert area.evaluate(each.ours.transform(each.held_out)) == area.evaluate(each.theirs.transform(each.held_out))


def test_a_model_is_sparks_own_with_the_learners_parameters(fitted, tmp_path):
    _, training, held_out, *_ = fitted["L1"]
    learner = LogisticRegression(threshold=0.3, regParam=0.1, maxIter=3, predictionCol="said")
    (ours,), theirs = fit_all(training, [learner]), learner.fit(training)

    ours.save(str(tmp_path / "model"))
    loaded = LogisticRegressionModel.load(str(tmp_path / "model"))

    def said(model):
        return [row.said for row in model.transform(held_out).select("said").collect()]

    assert (ours.uid, ours.numClasses, ours.numFeatures) == (theirs.uid, theirs.numClasses, theirs.numFeatures)
    assert parameters(ours) == parameters(theirs) == parameters(loaded)
    assert said(ours) == said(theirs) == said(loaded)
    assert [ours.predict(row.features) for row in held_out.collect()] == said(theirs)


def parameters(model):
    return {param.name: value for param, value in model.extractParamMap().items()}


@pytest.mark.parametrize(("label", "words"), [("null", "Labels MUST NOT be Null"), ("0.5", "Labels MUST be Integers")])
def test_labels_that_are_none_get_sparks_error(spark, label, words):
    rows = sample(spark, 3, 8).withColumn("label", F.expr(f"if(id = 3, {label}, double(label))"))

    with pytest.raises(Py4JJavaError, match=words):
        fit_all(rows, [LogisticRegression(maxIter=1)])


def test_rows_of_one_class_get_sparks_endless_intercept(spark):
    rows = sample(spark, 3, 8)

    (never,) = fit_all(rows.withColumn("label", F.lit(0)), [LogisticRegression()])
    (always,) = fit_all(rows.withColumn("label", F.lit(1)), [LogisticRegression()])

    assert (never.intercept, always.intercept) == (-np.inf, np.inf)
    assert not never.coefficients.toArray().any()


def test_rows_of_three_classes_get_sparks_model_of_three(spark):
    rows = sample(spark, 3, 12).withColumn("label", F.col("id") % 3)

    (model,) = fit_all(rows, [LogisticRegression(maxIter=2)])

    assert model.numClasses == 3


def test_a_label_that_is_said_to_have_three_classes_gets_sparks_model_of_three(spark):
    said = {"ml_attr": {"type": "nominal", "vals": ["a", "b", "c"]}}
    rows = sample(spark, 3, 12).withColumn("label", F.col("label").alias("label", metadata=said))

    (model,) = fit_all(rows, [LogisticRegression(maxIter=2)])

    assert model.numClasses == 3


def test_a_missing_column_gets_sparks_error(spark):
    with pytest.raises(PySparkException, match="nowhere does not exist"):
        fit_all(sample(spark, 3, 8), [LogisticRegression(featuresCol="nowhere")])


def test_rows_beyond_the_bound_are_left_to_spark(spark):
    rows = sample(spark, 3, 40)
    bound = 40 * WIDTH * 8

    (here,) = fit_all(rows, [LogisticRegression(maxIter=1)], most_bytes=bound)
    (there,) = fit_all(rows, [LogisticRegression(maxIter=1)], most_bytes=bound - 1)

    assert (here.hasSummary, there.hasSummary) == (False, True)


def test_learners_that_read_other_columns_are_fitted_together_in_their_order(spark):
    rows = sample(spark, 4, 40).withColumn("other", 1 - F.col("label"))
    settings = {"regParam": 0.1, "maxIter": 4}
    learners = [
        LogisticRegression(**settings),
        LogisticRegression(**settings, labelCol="other"),
        LogisticRegression(**settings, family="multinomial"),
        LogisticRegression(**settings, weightCol="weight"),
    ]

    label, other, multinomial, weighted = fit_all(rows, learners)

    assert other.coefficients.toArray() == pytest.approx(-label.coefficients.toArray())
    assert multinomial.interceptVector.size == 2
    assert weighted.coefficients != label.coefficients
