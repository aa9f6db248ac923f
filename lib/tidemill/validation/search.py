"""Cross-validation of several algorithms at once, with every figure of every candidate and fold kept."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from pyspark.ml import Estimator, Pipeline, PipelineModel, Transformer
from pyspark.ml.evaluation import Evaluator
from pyspark.ml.feature import SQLTransformer
from pyspark.ml.tuning import CrossValidator
from pyspark.sql import DataFrame

Figures = dict[str, float]

CANDIDATE = "_candidate_"


class Candidate(NamedTuple):
    """One way to make the model: all its stages, unfitted, and what tells it from the others."""

    name: str
    stages: Sequence[Estimator[Any] | Transformer]
    parameters: dict[str, Any]


class Score(NamedTuple):
    """The figures of one candidate, fitted without one fold, on that fold."""

    candidate: int
    fold: int
    figures: Figures


@dataclass(frozen=True)
class Search:
    """What cross-validation found.

    Attributes:
        best: the position of the candidate with the best mean of the metric.
        model: that candidate, fitted on all the rows.
        scores: one for each candidate and fold, in that order.
    """

    best: int
    model: PipelineModel
    scores: tuple[Score, ...]

    def by_fold(self, candidate: int) -> list[Figures]:
        """A candidate's figures, fold by fold."""
        return [score.figures for score in self.scores if score.candidate == candidate]

    def mean(self, candidate: int) -> Figures:
        """A candidate's mean figures over the folds."""
        return self._over_folds(candidate, statistics.fmean)

    def deviation(self, candidate: int) -> Figures:
        """The standard deviation over the folds (of a population, as pyspark's stdMetrics)."""
        return self._over_folds(candidate, statistics.pstdev)

    def _over_folds(self, candidate: int, statistic: Callable[[list[float]], float]) -> Figures:
        folds = self.by_fold(candidate)
        return {name: statistic([figures[name] for figures in folds]) for name in folds[0]}


class FoldScores(Evaluator):
    """An evaluator that answers with one metric and keeps all the figures it was computed with.

    Pyspark's CrossValidator keeps the mean and the deviation of one metric only. It hands over the predictions fold
    after fold; which candidate they are of is told by a column that a stage at the candidate's end adds.
    """

    def __init__(
        self,
        figures: Callable[[DataFrame], Figures],
        metric: str,
        larger_is_better: bool,
        heard: Callable[[Score], None],
    ) -> None:
        super().__init__()
        self.scores: list[Score] = []
        self._figures = figures
        self._metric = metric
        self._larger_is_better = larger_is_better
        self._heard = heard

    def _evaluate(self, dataset: DataFrame) -> float:
        (mark,) = (name for name in dataset.columns if name.startswith(CANDIDATE))
        candidate = int(mark.removeprefix(CANDIDATE))
        earlier = sum(score.candidate == candidate for score in self.scores)
        score = Score(candidate, earlier, self._figures(dataset))
        self.scores.append(score)
        self._heard(score)
        return score.figures[self._metric]

    def isLargerBetter(self) -> bool:  # noqa: N802 (Evaluator's own name)
        """Whether the best candidate is the one with the highest mean."""
        return self._larger_is_better


def cross_validate(
    rows: DataFrame,
    candidates: Sequence[Candidate],
    folds: int,
    figures: Callable[[DataFrame], Figures],
    metric: str,
    larger_is_better: bool,
    parallelism: int = 1,
    heard: Callable[[Score], None] = lambda score: None,
) -> Search:
    """Fit every candidate without each fold in turn, score it on that fold, and fit the best on all the rows.

    Every stage of a candidate, the feature stages too, is fitted on the other folds' rows alone.

    Args:
        rows: what the stages read, and `fold` int from 0; cached by the caller.
        candidates: at least one.
        folds: how many there are.
        figures: the figures of a set of predictions.
        metric: the one of them that decides.
        larger_is_better: whether its highest mean wins.
        parallelism: how many candidates are fitted at once.
        heard: called after each fit with its score.
    """
    scores = FoldScores(figures, metric, larger_is_better, heard)
    pipeline = Pipeline(stages=[])
    validator = CrossValidator(
        estimator=pipeline,
        estimatorParamMaps=[{pipeline.stages: _marked(each, place)} for place, each in enumerate(candidates)],
        evaluator=scores,
        numFolds=folds,
        foldCol="fold",
        parallelism=parallelism,
        collectSubModels=False,
    )
    fitted = validator.fit(rows)
    means = fitted.avgMetrics
    best = means.index(max(means) if larger_is_better else min(means))
    stages = cast(PipelineModel, fitted.bestModel).stages
    return Search(best, PipelineModel(stages[:-1]), tuple(sorted(scores.scores, key=lambda one: one[:2])))


def _marked(candidate: Candidate, place: int) -> list[Estimator[Any] | Transformer]:
    return [*candidate.stages, SQLTransformer(statement=f"select *, null as {CANDIDATE}{place} from __THIS__")]
