"""The mean answer of several learners."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from pyspark.ml import Estimator, Model, Transformer
from pyspark.ml.param import TypeConverters
from pyspark.ml.param.shared import HasParallelism, HasPredictionCol
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RequestWrong
from tidemill.estimators.answers import answered
from tidemill.estimators.classes import count_classes
from tidemill.estimators.keeping import at_once, kept
from tidemill.estimators.members import handed_down, prediction, probability_of_1
from tidemill.estimators.nested import HoldsStages
from tidemill.estimators.out_of_fold import score_names, scored
from tidemill.estimators.parameters import AnswersWithProbability, Declared, LearnsFromColumns, a_learner, param


class WrongWeights(RequestWrong):
    """The weights of an ensemble do not fit its learners."""

    def __init__(self, stage: str, learners: int, weights: Sequence[float]) -> None:
        super().__init__(
            f"{stage} has {learners} learners and the weights {list(weights)}. "
            "Give one a learner, none below 0 and not all of them 0, or no weights."
        )


def some_learners(value: Any) -> list[Estimator[Any]]:
    """A converter that takes a list of one or more unfitted learners."""
    given = [a_learner(each) for each in TypeConverters.toList(value)]
    if not given:
        raise ValueError("expected one learner or more, got an empty list")
    return given


class HoldsLearners(HoldsStages):
    """A stage made of several learners."""

    holds = ("learners",)
    learners = param("learners", "what is fitted, in this order", some_learners)


class _Voting(HoldsLearners, LearnsFromColumns, HasParallelism):
    weights = param("weights", "one a learner; alike where none are given", TypeConverters.toListFloat)

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params, seed=0)

    def _fitted(self, rows: DataFrame) -> list[Transformer]:
        given = self.getOrDefault("learners")
        members = [handed_down(each, self.columns(), self.getSeed()) for each in given]
        return at_once(lambda member: member.fit(rows), members, self.getParallelism())

    def _shares(self) -> list[float]:
        number = len(self.getOrDefault("learners"))
        weights = self.getOrDefault("weights") if self.isDefined("weights") else [1.0] * number
        if len(weights) != number or min(weights) < 0 or not sum(weights) > 0:
            raise WrongWeights(type(self).__name__, number, weights)
        return [weight / sum(weights) for weight in weights]


class VotingClassifier(Estimator["VotingClassifierModel"], _Voting, AnswersWithProbability):
    """Soft voting: the weighted mean of several binary classifiers' probabilities.

    Args:
        params: learners; weights (optional, one a learner); parallelism (fits at once); featuresCol, labelCol (0 or 1),
            weightCol, seed; rawPredictionCol, probabilityCol, predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
        WrongWeights: when fitted with weights that do not fit the learners.
        NoProbabilities: when a learner gives none (wrap it in a CalibratedClassifier).
        OneClassOnly: when fitted to one class.
        NoWeights: when rows are weighted and a learner takes no weights.
    """

    def _fit(self, dataset: DataFrame) -> "VotingClassifierModel":
        shares = self._shares()
        with kept(dataset) as rows:
            count_classes(rows, self.getLabelCol(), type(self).__name__)
            models = self._fitted(rows)
        for model in models:
            probability_of_1(model)
        return self._copyValues(VotingClassifierModel(models=models, shares=shares))


class VotingRegressor(Estimator["VotingRegressorModel"], _Voting):
    """The weighted mean of several regressors' predictions.

    Args:
        params: as VotingClassifier's; the one output column is predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
        WrongWeights: when fitted with weights that do not fit the learners.
        NoWeights: when rows are weighted and a learner takes no weights.
    """

    def _fit(self, dataset: DataFrame) -> "VotingRegressorModel":
        shares = self._shares()
        with kept(dataset) as rows:
            models = self._fitted(rows)
        return self._copyValues(VotingRegressorModel(models=models, shares=shares))


class HoldsModels(HoldsStages, Declared):
    """Fitted learners, and the weight of each in the answer."""

    holds = ("models",)
    models = param("models", "the fitted learners", TypeConverters.toList)
    shares = param("shares", "what each answer is multiplied by", TypeConverters.toListFloat)

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params)


class VotingClassifierModel(Model, HoldsModels, AnswersWithProbability):
    """Fitted classifiers that vote; `models` are they, `shares` their weights, of sum 1."""

    def _transform(self, dataset: DataFrame) -> DataFrame:
        models, shares = self.getOrDefault("models"), self.getOrDefault("shares")
        names = score_names(self, len(models))
        rows = scored(dataset, models, probability_of_1, names)
        return answered(rows, weighted_sum(names, shares), self).drop(*names)


class VotingRegressorModel(Model, HoldsModels, HasPredictionCol):
    """Fitted regressors whose answers are averaged; `models` are they, `shares` their weights, of sum 1."""

    def _transform(self, dataset: DataFrame) -> DataFrame:
        models, shares = self.getOrDefault("models"), self.getOrDefault("shares")
        names = score_names(self, len(models))
        rows = scored(dataset, models, prediction, names)
        return rows.withColumn(self.getPredictionCol(), weighted_sum(names, shares)).drop(*names)


def weighted_sum(names: Sequence[str], weights: Sequence[float], start: float = 0.0) -> Column:
    """Start plus the sum of columns times weights."""
    terms = [F.col(name) * weight for name, weight in zip(names, weights, strict=True)]
    return reduce(add, terms, F.lit(start))
