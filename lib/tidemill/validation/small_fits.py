"""Candidates that are fitted to a few rows without Spark's own learners: many in one job."""

from collections.abc import Sequence
from typing import Any

from pyspark.ml import Estimator, Pipeline, PipelineModel, Transformer
from pyspark.ml.classification import LogisticRegression
from pyspark.sql import DataFrame

from tidemill.validation import boosting, logistic
from tidemill.validation.prefixes import BOOSTED, families, with_first_trees

Stage = Estimator[Any] | Transformer


def fit_together(rows: DataFrame, candidates: Sequence[Sequence[Stage]]) -> dict[int, PipelineModel]:
    """Fit the candidates that are a logistic regression or boosted trees and no other fit: all of a kind in one job.

    Args:
        rows: to learn from.
        candidates: the stages of each, unfitted.

    Returns:
        By the candidate's position, its model; none of those that are left to Spark, as all are where rows are many.
    """
    return _logistic(rows, candidates) | _boosted(rows, candidates)


def fit_one(rows: DataFrame, stages: Sequence[Stage]) -> PipelineModel:
    """Fit a candidate: what Spark's own Pipeline gives, where boosted trees of few rows are grown in one job."""
    return _boosted(rows, [stages]).get(0) or Pipeline(stages=list(stages)).fit(rows)


def _logistic(rows: DataFrame, candidates: Sequence[Sequence[Stage]]) -> dict[int, PipelineModel]:
    learners = _only_fits(candidates, (LogisticRegression,))
    models = logistic.fit_small(rows, list(learners.values())) if learners else {}
    places = list(learners)
    return {places[at]: _with_rest(model, candidates[places[at]]) for at, model in models.items()}


def _boosted(rows: DataFrame, candidates: Sequence[Sequence[Stage]]) -> dict[int, PipelineModel]:
    learners = _only_fits(candidates, BOOSTED)
    alike = [family for family in families(candidates) if family[0] in learners]
    models = boosting.fit_small(rows, [learners[family[0]] for family in alike]) if alike else {}
    made: dict[int, PipelineModel] = {}
    for at, model in models.items():
        longest = _with_rest(model, candidates[alike[at][0]])
        made |= {place: with_first_trees(longest, candidates[place]) for place in alike[at]}
    return made


def _only_fits(candidates: Sequence[Sequence[Stage]], kinds: tuple[type, ...]) -> dict[int, Any]:
    """By the candidate's position, its first stage, where that is a learner of these kinds and no other is fitted."""
    return {
        place: first
        for place, (first, *rest) in enumerate(candidates)
        if isinstance(first, kinds) and all(isinstance(stage, Transformer) for stage in rest)
    }


def _with_rest(model: Transformer, stages: Sequence[Stage]) -> PipelineModel:
    return PipelineModel([model, *(stage for stage in stages[1:] if isinstance(stage, Transformer))])
