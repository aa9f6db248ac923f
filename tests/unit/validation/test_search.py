import pytest
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.ml.pipeline import Pipeline
from pyspark.ml.tuning import CrossValidator
from pyspark.sql import functions as F

from tidemill.validation import Candidate, FigureEvaluator, assign_folds, binary_figures, cross_validate
from tidemill.validation.figures import binary_figure_names

FOLDS = 3


@pytest.fixture(scope="module")
def rows(spark):
    """Sixty rows whose class follows x, with some noise."""
    made = spark.range(60).withColumn("x", F.col("id") / 60.0)
    noisy = F.col("x") + F.pmod(F.xxhash64("id"), F.lit(100)) / 250.0
    return assign_folds(made.withColumn("label", (noisy > 0.7).cast("double")), ["id"], FOLDS, 1, "label").cache()


def figures(predicted):
    return binary_figures(predicted.withColumn("probability_of_1", vector_to_array("probability")[1]))


def stages(strength):
    learner = LogisticRegression(regParam=strength, maxIter=5)
    return [VectorAssembler(inputCols=["x"], outputCol="features"), learner]


@pytest.fixture(scope="module")
def search(rows):
    candidates = [Candidate("logistic_regression", stages(s), {"regParam": s}) for s in (0.1, 5.0)]
    heard = []
    evaluator = FigureEvaluator(figures, "accuracy", larger_is_better=True)
    found = cross_validate(rows, candidates, FOLDS, evaluator, parallelism=2, heard=heard.append)
    return found, heard


def test_every_figure_of_every_candidate_and_fold_is_kept(search):
    found, heard = search

    assert [(score.candidate, score.fold) for score in found.scores] == [(c, f) for c in (0, 1) for f in range(FOLDS)]
    assert sorted(heard) == sorted(found.scores)
    assert set(found.mean(0)) == set(binary_figure_names())


def test_the_scores_are_those_of_pysparks_own_cross_validator(rows, search):
    found, _ = search
    pipeline = Pipeline(stages=stages(0.1))
    own = BinaryClassificationEvaluator(rawPredictionCol="probability", numBins=0)
    validator = CrossValidator(
        estimator=pipeline, estimatorParamMaps=[{}], evaluator=own, numFolds=FOLDS, foldCol="fold"
    ).fit(rows)

    assert found.mean(0)["roc_auc"] == pytest.approx(validator.avgMetrics[0], abs=1e-12)
    assert found.deviation(0)["roc_auc"] == pytest.approx(validator.stdMetrics[0], abs=1e-12)


def test_the_best_is_fitted_on_all_rows_as_it_would_be_alone(rows, search):
    found, _ = search
    best = max((0, 1), key=lambda candidate: found.mean(candidate)["accuracy"])
    alone = Pipeline(stages=stages((0.1, 5.0)[best])).fit(rows)

    assert found.best == best
    assert found.model.stages[-1].coefficients.toArray() == pytest.approx(alone.stages[-1].coefficients.toArray())
