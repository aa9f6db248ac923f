"""pyspark's CrossValidator, several times faster, with every figure kept and predictions out of fold.

Nothing of what makes it faster changes a score. Stages that all candidates begin with are fitted once a fold, and what
they make of the rows is kept without its plan. Of boosted trees that differ in their number alone the longest is
fitted, and the others are its first trees. Logistic regressions of a small fold are fitted in one job, and so are its
boosted trees, of which Spark makes a job for each level. Figures that can be computed for many candidates at once are.
"""

from collections.abc import Callable, Sequence
from multiprocessing.pool import ThreadPool
from typing import Any, cast

import numpy as np
from pyspark.ml import Estimator, Model, Pipeline, PipelineModel
from pyspark.ml.tuning import CrossValidator as SparkCrossValidator
from pyspark.sql import DataFrame

from tidemill.validation.cross_validated import CrossValidated, FoldModels
from tidemill.validation.fold_fit import FoldFit, Stage
from tidemill.validation.fold_rows import fold_rows
from tidemill.validation.kept_rows import kept
from tidemill.validation.scoring import Score, metric_of
from tidemill.validation.small_fits import fit_one


class CrossValidator(SparkCrossValidator):
    """A drop-in for pyspark's, with its parameters, folds and scores.

    The evaluator may be any of pyspark's, or a FigureEvaluator with many figures.

    Attributes:
        forward: whether a fold is scored by a model of the folds before it alone (see `assign_time_folds`).
        needed: the columns that the candidates' own stages and the evaluator read; all where none are named. Only
            these are kept of the prepared rows.
        heard: called with each score as soon as it is there, mostly from another thread.
    """

    forward: bool = False
    needed: Sequence[str] = ()
    heard: Callable[[Score], None] | None = None

    def _fit(self, dataset: DataFrame) -> CrossValidated:
        if self.getCollectSubModels():
            raise ValueError("collectSubModels is not supported: the result's `folds` has every model anyway")
        candidates = [_stages(self.getEstimator().copy(chosen)) for chosen in self.getEstimatorParamMaps()]
        shared = shared_stages(candidates)
        own = [stages[len(shared) :] for stages in candidates]
        folds: list[FoldModels] = []
        scores: list[Score] = []
        with ThreadPool(min(self.getParallelism(), len(candidates))) as pool:
            for fold, (training, held_out) in enumerate(self._kFold(dataset)):
                prepared = Pipeline(stages=shared).fit(training)
                fit = FoldFit(fold, own, self.getEvaluator(), pool, self.heard)
                with kept(*(self._needed_of(prepared.transform(rows)) for rows in (training, held_out))) as frames:
                    models, found = fit.run(*frames)
                folds.append(FoldModels(prepared, models, held_out))
                scores += found
        means, deviations = self._over_folds(scores, len(candidates))
        best = int(np.argmax(means) if self.getEvaluator().isLargerBetter() else np.argmin(means))
        model = self._refitted(shared, own[best], dataset)
        return self._copyValues(CrossValidated(model, means, deviations, best, scores, folds))

    def _kFold(self, dataset: DataFrame) -> list[tuple[DataFrame, DataFrame]]:  # noqa: N802 (its own name)
        if not self.getFoldCol():
            return super()._kFold(dataset)
        return fold_rows(dataset, self.getFoldCol(), self.getNumFolds(), self.forward)

    def _refitted(self, shared: Sequence[Stage], own: Sequence[Stage], dataset: DataFrame) -> Model:
        prepared = Pipeline(stages=list(shared)).fit(dataset)
        with kept(self._needed_of(prepared.transform(dataset))) as (rows,):
            stages = [*prepared.stages, *fit_one(rows, own).stages]
        return PipelineModel(stages) if isinstance(self.getEstimator(), Pipeline) else cast(Model, stages[0])

    def _needed_of(self, rows: DataFrame) -> DataFrame:
        return rows.select(*self.needed) if self.needed else rows

    def _over_folds(self, scores: Sequence[Score], candidates: int) -> tuple[list[float], list[float]]:
        """Each candidate's mean metric and its standard deviation (of a population, as pyspark's stdMetrics)."""
        metrics: list[list[float]] = [[] for _ in range(candidates)]
        for score in scores:
            metrics[score.candidate].append(metric_of(self.getEvaluator(), score.figures))
        return [float(np.mean(values)) for values in metrics], [float(np.std(values)) for values in metrics]


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
