"""Probabilities that mean what they say, for any binary classifier."""

from typing import Any, cast

from pyspark.ml import Estimator, Model, Transformer
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.param import TypeConverters
from pyspark.ml.regression import IsotonicRegression, IsotonicRegressionModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.estimators.answers import answered, sigmoid
from tidemill.estimators.classes import Classes, count_classes
from tidemill.estimators.keeping import kept
from tidemill.estimators.members import handed_down, score
from tidemill.estimators.nested import HoldsStages
from tidemill.estimators.out_of_fold import MakesInnerFolds, out_of_fold, score_names, scored
from tidemill.estimators.parameters import AnswersWithProbability, a_learner, one_of, param

PLATT = "platt"
ISOTONIC = "isotonic"
CALIBRATED = "_calibrated"


class CalibratedClassifier(Estimator["CalibratedModel"], HoldsStages, MakesInnerFolds, AnswersWithProbability):
    """Fit a binary classifier, and beside it a map from its scores to probabilities.

    The map is learnt from out-of-fold scores: of each training row by a fit without the row's fold. The learner is
    then fitted to all rows. What is mapped is the log odds of the learner's probability, or its raw margin where it
    gives none (LinearSVC).

    `platt` fits a sigmoid with Platt's targets, which stand a little inside 0 and 1 (Platt 1999, Probabilistic Outputs
    for Support Vector Machines); it needs few rows, and keeps the order of the scores. `isotonic` fits any rising
    step-wise line (Zadrozny and Elkan 2002); it wants some thousand rows, and ties scores.

    Each row counts once in the map, also where rows are weighted: class weights shift probabilities, and this is what
    brings them back. A stage that resamples belongs inside (`learner`), so that no made-up row is scored.

    Args:
        params: learner; method (platt or isotonic); foldCol, or keyCols and folds (3); parallelism (fits at once);
            featuresCol, labelCol (0 or 1), weightCol, seed; rawPredictionCol, probabilityCol, predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
        NotTwoClasses: when fitted to other labels than 0 and 1.
        OneClassOnly: when fitted to one class.
        TooFewOfAClass: when a class has fewer rows than there are folds.
        UnusableFolds: when rows have no fold, or there are fewer than two.
        NoWeights: when rows are weighted and the learner takes no weights.
    """

    holds = ("learner",)
    learner = param("learner", "binary classifier to calibrate", a_learner)
    method = param("method", "platt or isotonic", one_of(PLATT, ISOTONIC))

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params, method=PLATT, folds=3, seed=0)

    def _fit(self, dataset: DataFrame) -> "CalibratedModel":
        inner = handed_down(self.getOrDefault("learner"), self.columns(), self.getSeed())
        with kept(dataset) as rows:
            classes = count_classes(rows, self.getLabelCol(), type(self).__name__)
            (model,), scores = out_of_fold(self, rows, True, [inner], score)
            (name,) = score_names(self, 1)
            pairs = scores.select(F.col(self.getLabelCol()).cast("double").alias("label"), F.col(name).alias("score"))
            with kept(pairs) as learnt_from:
                fitted = CalibratedModel(models=[model, *self._map(learnt_from)])
                if self.getOrDefault("method") == PLATT:
                    slope, intercept = platt_line(learnt_from, classes)
                    fitted._set(slope=slope, intercept=intercept)
        return self._copyValues(fitted)

    def _map(self, pairs: DataFrame) -> list[Transformer]:
        if self.getOrDefault("method") == PLATT:
            return []
        rising = IsotonicRegression(featuresCol="score", labelCol="label", predictionCol=CALIBRATED)
        return [rising.fit(pairs)]


class CalibratedModel(Model, HoldsStages, AnswersWithProbability):
    """A fitted classifier whose probabilities are mapped.

    Attributes:
        models: the classifier; with isotonic regression, that after it.
        slope: of Platt's line over the classifier's log odds; 1 would leave them as they are.
        intercept: of that line; 0 would leave them as they are.
    """

    holds = ("models",)
    models = param("models", "the classifier, and isotonic regression where it is the map", TypeConverters.toList)
    slope = param("slope", "of Platt's line", TypeConverters.toFloat)
    intercept = param("intercept", "of Platt's line", TypeConverters.toFloat)

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        classifier, *rising = self.getOrDefault("models")
        (name,) = score_names(self, 1)
        rows = scored(dataset, [classifier], score, [name])
        if not rising:
            margin = F.col(name) * self.getOrDefault("slope") + self.getOrDefault("intercept")
            return answered(rows, sigmoid(margin), self).drop(name)
        mapped = f"{name}{CALIBRATED}"
        isotonic = cast(IsotonicRegressionModel, rising[0]).copy()
        rows = isotonic.setFeaturesCol(name).setPredictionCol(mapped).transform(rows)
        return answered(rows, F.col(mapped), self).drop(name, mapped)


def platt_line(pairs: DataFrame, classes: Classes) -> tuple[float, float]:
    """Slope and intercept of the sigmoid whose probabilities of Platt's targets are highest.

    Args:
        pairs: label double (0 or 1), score double.
        classes: how many rows there are of each.
    """
    # A target between 0 and 1 is two rows, one of each class, weighted by it.
    target = F.when(F.col("label") == 1, (classes.ones + 1) / (classes.ones + 2)).otherwise(1 / (classes.zeros + 2))
    sides = F.array(
        F.struct(F.lit(1.0).alias("label"), target.alias("weight")),
        F.struct(F.lit(0.0).alias("label"), (1 - target).alias("weight")),
    )
    weighted = pairs.select("score", F.explode(sides).alias("side")).select("score", "side.*")
    rows = VectorAssembler(inputCols=["score"], outputCol="features").transform(weighted)
    fitted = LogisticRegression(weightCol="weight", maxIter=100, tol=1e-9).fit(rows)
    return float(fitted.coefficients[0]), float(fitted.intercept)
