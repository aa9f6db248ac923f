"""Cross-validation of several algorithms at once, with every figure of every candidate and fold kept."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import DataFrame

from tidemill.validation.cross_validated import CrossValidated
from tidemill.validation.cross_validator import CrossValidator
from tidemill.validation.fold_fit import Stage
from tidemill.validation.scoring import FigureEvaluator, Figures, Score


class Candidate(NamedTuple):
    """One way to make the model: all its stages, unfitted, and what tells it from the others."""

    name: str
    stages: Sequence[Stage]
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Search:
    """What cross-validation found.

    Attributes:
        best: the position of the candidate with the best mean of the metric.
        model: that candidate, fitted on all the rows.
        scores: one for each candidate and fold, in that order.
        validated: all that the validation left, with predictions out of fold.
    """

    best: int
    model: PipelineModel
    scores: tuple[Score, ...]
    validated: CrossValidated

    def by_fold(self, candidate: int) -> list[Figures]:
        """A candidate's figures, fold by fold."""
        return [score.figures for score in self.scores if score.candidate == candidate]

    def mean(self, candidate: int) -> Figures:
        """A candidate's mean figures over the folds."""
        return self._over_folds(candidate, statistics.fmean)

    def deviation(self, candidate: int) -> Figures:
        """The standard deviation over the folds (of a population, as pyspark's stdMetrics)."""
        return self._over_folds(candidate, deviation)

    def share(self, candidate: int) -> float:
        """Of the rows, those that a candidate's figures were taken on: all of them, unless it was eliminated before."""
        return 1.0

    def _over_folds(self, candidate: int, statistic: Callable[[list[float]], float]) -> Figures:
        folds = self.by_fold(candidate)
        return {name: statistic([figures[name] for figures in folds]) for name in folds[0]}


def deviation(values: Sequence[float]) -> float:
    """The standard deviation (of a population); not a number where one of the values is none."""
    return float(np.std(values))


def cross_validate(
    rows: DataFrame,
    candidates: Sequence[Candidate],
    folds: int,
    evaluator: FigureEvaluator,
    needed: Sequence[str] = (),
    parallelism: int = 1,
    heard: Callable[[Score], None] | None = None,
) -> Search:
    """Fit every candidate without each fold in turn, score it on that fold, and fit the best on all the rows.

    Every stage of a candidate, the feature stages too, is fitted on the other folds' rows alone; those that all
    candidates begin with are fitted once a fold.

    Args:
        rows: what the stages read, and `fold` int from 0; cached by the caller.
        candidates: at least one.
        folds: how many there are.
        evaluator: the figures of a set of predictions, and which of them decides.
        needed: see `CrossValidator`.
        parallelism: how many candidates are fitted at once.
        heard: called after each fit with its score.
    """
    pipeline = Pipeline(stages=[])
    validator = CrossValidator(
        estimator=pipeline,
        estimatorParamMaps=[{pipeline.stages: list(each.stages)} for each in candidates],
        evaluator=evaluator,
        numFolds=folds,
        foldCol="fold",
        parallelism=parallelism,
    )
    validator.needed = needed
    validator.heard = heard
    fitted = cast(CrossValidated, validator.fit(rows))
    scores = sorted(fitted.scores, key=lambda one: (one.candidate, one.fold))
    return Search(fitted.best, cast(PipelineModel, fitted.bestModel), tuple(scores), fitted)
