"""Probabilities of a model whose training rows had another share of class 1 than there is."""

from typing import Any

from pyspark.ml import Model
from pyspark.ml.param import TypeConverters
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.estimators.answers import answered
from tidemill.estimators.classes import Classes
from tidemill.estimators.members import probability_of_1
from tidemill.estimators.nested import HoldsStages
from tidemill.estimators.out_of_fold import score_names, scored
from tidemill.estimators.parameters import AnswersWithProbability, number, param


def prior_corrected(probability: Column, odds: float) -> Column:
    """The probability of class 1 in the rows as they are, of one learnt from resampled or weighted rows.

    Elkan 2001, The Foundations of Cost-Sensitive Learning, theorem 2. Where class 0 was sampled down, `odds` is the
    share of its rows that was kept: the formula of Dal Pozzolo et al. 2015, Calibrating Probability with
    Undersampling, equation 4. It is exact where each class's own distribution was left as it is; SMOTE changes it.

    Args:
        probability: as learnt, double from 0 to 1.
        odds: the odds of class 1 in the rows as they are over those in the rows that were learnt from.

    Returns:
        double from 0 to 1; the order of the rows stays.
    """
    return probability * odds / (probability * odds + (1 - probability))


def odds_ratio(was: Classes, learnt: Classes) -> float:
    """The `odds` of `prior_corrected`, from the numbers (or weights) of rows of each class."""
    return (was.ones / was.zeros) / (learnt.ones / learnt.zeros)


class PriorCorrectedModel(Model, HoldsStages, AnswersWithProbability):
    """A fitted classifier whose probabilities are corrected by `prior_corrected`.

    Attributes:
        models: the classifier, alone in a list.
        odds: as in `prior_corrected`.
    """

    holds = ("models",)
    models = param("models", "the classifier, alone in a list", TypeConverters.toList)
    odds = param("odds", "true odds of class 1 over those learnt from", number(0, above=True))

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        (name,) = score_names(self, 1)
        rows = scored(dataset, self.getOrDefault("models"), probability_of_1, [name])
        return answered(rows, prior_corrected(F.col(name), self.getOrDefault("odds")), self).drop(name)
