"""pyspark's CrossValidator with the stages that its candidates share fitted once a fold, and every figure kept."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.pool import ThreadPool
from typing import Any, NamedTuple, cast

import numpy as np
from pyspark import StorageLevel, inheritable_thread_target
from pyspark.ml import Estimator, Model, Pipeline, PipelineModel, Transformer
from pyspark.ml.evaluation import Evaluator
from pyspark.ml.tuning import CrossValidator as SparkCrossValidator
from pyspark.ml.tuning import CrossValidatorModel
from pyspark.sql import DataFrame

Stage = Estimator[Any] | Transformer
Figures = dict[str, float]


class Score(NamedTuple):
    """The figures of one candidate, fitted without one fold, on that fold."""

    candidate: int
    fold: int
    figures: Figures


class FigureEvaluator(Evaluator):
    """An evaluator with many figures of a set of predictions, one of which decides.

    Args:
        figures: computes them.
        metric: the one that decides.
        larger_is_better: whether its highest mean wins.
    """

    def __init__(self, figures: Callable[[DataFrame], Figures], metric: str, larger_is_better: bool) -> None:
        super().__init__()
        self.figures = figures
        self.metric = metric
        self._larger_is_better = larger_is_better

    def _evaluate(self, dataset: DataFrame) -> float:
        return self.figures(dataset)[self.metric]

    def isLargerBetter(self) -> bool:  # noqa: N802 (Evaluator's own name)
        """Whether the best candidate is the one with the highest mean."""
        return self._larger_is_better


class CrossValidator(SparkCrossValidator):
    """A drop-in for pyspark's, with its parameters, folds and scores.

    Where the estimator is a Pipeline, the stages that all its candidates begin with are fitted once a fold, and what
    they make of the rows is kept until the fold is done. pyspark fits them again for every candidate.

    Attributes:
        scores: after a fit, one for each fold and candidate; with another evaluator than FigureEvaluator the one
            figure of each is named `metric`.
        needed: the columns that the candidates' own stages and the evaluator read; all where none are named. Only
            these are kept of the prepared rows.
        heard: called after each fit with its score, from another thread.
    """

    scores: tuple[Score, ...] = ()
    needed: Sequence[str] = ()
    heard: Callable[[Score], None] | None = None

    def _fit(self, dataset: DataFrame) -> CrossValidatorModel:
        if self.getCollectSubModels():
            raise ValueError("collectSubModels is not supported: the scores of all models are kept, the models are not")
        candidates = [_stages(self.getEstimator().copy(chosen)) for chosen in self.getEstimatorParamMaps()]
        shared = shared_stages(candidates)
        own = [stages[len(shared) :] for stages in candidates]
        with ThreadPool(min(self.getParallelism(), len(candidates))) as pool:
            self.scores = tuple(
                score
                for fold, (training, held_out) in enumerate(self._kFold(dataset))
                for score in self._scored(pool, fold, shared, own, training, held_out)
            )
        metrics = [[self._metric(score) for score in self.scores if score.candidate == at] for at in range(len(own))]
        means = [float(np.mean(values)) for values in metrics]
        best = int(np.argmax(means) if self.getEvaluator().isLargerBetter() else np.argmin(means))
        with self._prepared(shared, dataset) as (fitted, (rows,)):
            stages = [*fitted, *Pipeline(stages=own[best]).fit(rows).stages]
        model = PipelineModel(stages) if isinstance(self.getEstimator(), Pipeline) else cast(Model, stages[0])
        deviations = [float(np.std(values)) for values in metrics]
        return self._copyValues(CrossValidatorModel(model, means, stdMetrics=deviations))

    def _scored(
        self,
        pool: ThreadPool,
        fold: int,
        shared: Sequence[Stage],
        own: Sequence[Sequence[Stage]],
        training: DataFrame,
        held_out: DataFrame,
    ) -> list[Score]:
        with self._prepared(shared, training, held_out) as (_, (learnt_from, scored)):

            def score(place: int) -> Score:
                model = Pipeline(stages=list(own[place])).fit(learnt_from)
                found = Score(place, fold, self._figures(model.transform(scored)))
                if self.heard:
                    self.heard(found)
                return found

            tasks = [inheritable_thread_target(lambda place=place: score(place)) for place in range(len(own))]
            return cast(list[Score], pool.map(lambda task: task(), tasks, chunksize=1))

    def _figures(self, predicted: DataFrame) -> Figures:
        evaluator = self.getEvaluator()
        if isinstance(evaluator, FigureEvaluator):
            return evaluator.figures(predicted)
        return {"metric": evaluator.evaluate(predicted)}

    def _metric(self, score: Score) -> float:
        evaluator = self.getEvaluator()
        return score.figures[evaluator.metric if isinstance(evaluator, FigureEvaluator) else "metric"]

    @contextmanager
    def _prepared(
        self, shared: Sequence[Stage], training: DataFrame, *others: DataFrame
    ) -> Iterator[tuple[list[Transformer], list[DataFrame]]]:
        """Fit the shared stages to the training rows; both kinds of rows as they leave them, cached for the block."""
        fitted = Pipeline(stages=list(shared)).fit(training)
        kept = []
        for rows in (training, *others):
            made = fitted.transform(rows)
            made = made.select(*self.needed) if self.needed else made
            kept.append(made.persist(StorageLevel.MEMORY_AND_DISK))
        try:
            yield fitted.stages, kept
        finally:
            for rows in kept:
                rows.unpersist()


def shared_stages(candidates: Sequence[Sequence[Stage]]) -> list[Stage]:
    """The stages that all candidates begin with, up to the last one that any of them fits."""
    shared = []
    for alike in zip(*candidates, strict=False):
        first = alike[0]
        same = all(each.uid == first.uid and each.extractParamMap() == first.extractParamMap() for each in alike)
        if not same:
            break
        shared.append(first)
    last_fits = [
        max((at for at, stage in enumerate(each) if isinstance(stage, Estimator)), default=0) for each in candidates
    ]
    return shared[: min(last_fits)]


def _stages(estimator: Estimator[Any]) -> list[Stage]:
    return list(estimator.getStages()) if isinstance(estimator, Pipeline) else [estimator]
