"""A learner of how far to trust each of several learners."""

from typing import Any

from pyspark.ml import Estimator, Model
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.param import TypeConverters
from pyspark.ml.param.shared import HasPredictionCol
from pyspark.ml.regression import LinearRegression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.estimators.answers import answered, sigmoid
from tidemill.estimators.classes import count_classes
from tidemill.estimators.keeping import kept
from tidemill.estimators.members import handed_down, prediction, score
from tidemill.estimators.out_of_fold import MakesInnerFolds, OutOfFold, out_of_fold, score_names, scored
from tidemill.estimators.parameters import AnswersWithProbability, number, param
from tidemill.estimators.voting import HoldsLearners, HoldsModels, weighted_sum

META = "_meta"


class _Stacking(HoldsLearners, MakesInnerFolds):
    metaRegParam = param("metaRegParam", "the penalty of the meta learner", number(0))  # noqa: N815

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params, metaRegParam=0.01, folds=3, seed=0)

    def _members(self) -> list[Estimator[Any]]:
        return [handed_down(each, self.columns(), self.getSeed()) for each in self.getOrDefault("learners")]

    def _fitted_meta(self, found: OutOfFold, meta: Estimator[Any]) -> tuple[list[float], float]:
        """The weights and the intercept that a linear learner gives to the out-of-fold scores."""
        names = score_names(self, len(found.models))
        weight = F.col(self.getWeightCol()) if self.isDefined("weightCol") else F.lit(1.0)
        label = F.col(self.getLabelCol()).cast("double")
        rows = found.scores.select(*names, label.alias("label"), weight.cast("double").alias("weight"))
        vectors = VectorAssembler(inputCols=names, outputCol=META).transform(rows).select(META, "label", "weight")
        with kept(vectors) as learnt_from:
            fitted = meta.fit(learnt_from)
        return [float(each) for each in fitted.coefficients], float(fitted.intercept)


class StackingClassifier(Estimator["StackingClassifierModel"], _Stacking, AnswersWithProbability):
    """Stacking of binary classifiers (Wolpert 1992, Stacked Generalization).

    A ridge logistic regression is fitted to the log odds (or margins) that the learners give to the training rows, each
    row by fits without its fold; then every learner is fitted to all rows. With weights, both count them.

    Args:
        params: learners; metaRegParam (0.01); foldCol, or keyCols and folds (3); parallelism (fits at once);
            featuresCol, labelCol (0 or 1), weightCol, seed; rawPredictionCol, probabilityCol, predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
        NotTwoClasses: when fitted to other labels than 0 and 1.
        OneClassOnly: when fitted to one class.
        TooFewOfAClass: when a class has fewer rows than there are folds.
        UnusableFolds: when rows have no fold, or there are fewer than two.
        NoWeights: when rows are weighted and a learner takes no weights.
    """

    def _fit(self, dataset: DataFrame) -> "StackingClassifierModel":
        meta = LogisticRegression(
            featuresCol=META, weightCol="weight", regParam=self.getOrDefault("metaRegParam"), maxIter=100
        )
        with kept(dataset) as rows:
            count_classes(rows, self.getLabelCol(), type(self).__name__)
            found = out_of_fold(self, rows, True, self._members(), score)
            shares, intercept = self._fitted_meta(found, meta)
        return self._copyValues(StackingClassifierModel(models=found.models, shares=shares, intercept=intercept))


class StackingRegressor(Estimator["StackingRegressorModel"], _Stacking):
    """Stacking of regressors (Breiman 1996, Stacked Regressions), with ridge regression over their predictions.

    Args:
        params: as StackingClassifier's; the one output column is predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
        TooFewOfAClass: when there are fewer rows than folds.
        UnusableFolds: when rows have no fold, or there are fewer than two.
        NoWeights: when rows are weighted and a learner takes no weights.
    """

    def _fit(self, dataset: DataFrame) -> "StackingRegressorModel":
        meta = LinearRegression(
            featuresCol=META, weightCol="weight", regParam=self.getOrDefault("metaRegParam"), solver="normal"
        )
        with kept(dataset) as rows:
            found = out_of_fold(self, rows, False, self._members(), prediction)
            shares, intercept = self._fitted_meta(found, meta)
        return self._copyValues(StackingRegressorModel(models=found.models, shares=shares, intercept=intercept))


class StackingClassifierModel(Model, HoldsModels, AnswersWithProbability):
    """Fitted classifiers; `shares` weigh their log odds, `intercept` is added."""

    intercept = param("intercept", "added to the weighted log odds", TypeConverters.toFloat)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        models, shares = self.getOrDefault("models"), self.getOrDefault("shares")
        names = score_names(self, len(models))
        rows = scored(dataset, models, score, names)
        margin = weighted_sum(names, shares, self.getOrDefault("intercept"))
        return answered(rows, sigmoid(margin), self).drop(*names)


class StackingRegressorModel(Model, HoldsModels, HasPredictionCol):
    """Fitted regressors; `shares` weigh their predictions, `intercept` is added."""

    intercept = param("intercept", "added to the weighted predictions", TypeConverters.toFloat)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        models, shares = self.getOrDefault("models"), self.getOrDefault("shares")
        names = score_names(self, len(models))
        rows = scored(dataset, models, prediction, names)
        answer = weighted_sum(names, shares, self.getOrDefault("intercept"))
        return rows.withColumn(self.getPredictionCol(), answer).drop(*names)
