"""One fold of a cross-validation: every candidate fitted without its rows and scored on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.pool import ThreadPool
from typing import Any

from pyspark import inheritable_thread_target
from pyspark.ml import Estimator, Pipeline, PipelineModel, Transformer
from pyspark.ml.evaluation import Evaluator
from pyspark.sql import DataFrame

from tidemill.validation.prefixes import families, with_first_trees
from tidemill.validation.scoring import Figures, Score, figures_of, figures_of_many, takes_many
from tidemill.validation.small_fits import fit_together

Stage = Estimator[Any] | Transformer
Made = dict[int, tuple[PipelineModel, Figures | None]]


@dataclass(frozen=True)
class FoldFit:
    """What a fold's fits have in common.

    Attributes:
        fold: its number.
        candidates: the stages of each that are its own, unfitted.
        evaluator: computes a candidate's figures.
        pool: as many threads as candidates are fitted at once.
        heard: is given each score as soon as it is there, mostly from another thread.
    """

    fold: int
    candidates: Sequence[Sequence[Stage]]
    evaluator: Evaluator
    pool: ThreadPool
    heard: Callable[[Score], None] | None

    def run(self, learnt_from: DataFrame, scored: DataFrame) -> tuple[list[PipelineModel], list[Score]]:
        """Fit every candidate to some rows and score it on others; the results are in the candidates' order."""
        together = takes_many(self.evaluator, scored)

        def score(models: Mapping[int, PipelineModel]) -> Made:
            if together:
                return {place: (model, None) for place, model in models.items()}
            return self._scored(models, scored)

        def fit(family: Sequence[int]) -> Made:
            longest = Pipeline(stages=list(self.candidates[family[0]])).fit(learnt_from)
            models = {place: with_first_trees(longest, self.candidates[place]) for place in family}
            return score(models)

        small = fit_together(learnt_from, self.candidates)
        others = [family for family in families(self.candidates) if not small.keys() >= set(family)]
        tasks = [partial(score, {place: model}) for place, model in small.items()]
        tasks += [partial(fit, family) for family in others]
        made: Made = {}
        for part in self.pool.map(lambda task: task(), map(inheritable_thread_target, tasks), chunksize=1):
            made |= part
        models = [made[place][0] for place in range(len(self.candidates))]
        if together:
            found = figures_of_many(self.evaluator, [model.transform(scored) for model in models])
            return models, [self._told(place, figures) for place, figures in enumerate(found)]
        return models, [Score(place, self.fold, made[place][1] or {}) for place in range(len(models))]

    def _scored(self, models: Mapping[int, PipelineModel], scored: DataFrame) -> Made:
        """The models, each with its figures."""
        return {
            place: (model, self._told(place, figures_of(self.evaluator, model.transform(scored))).figures)
            for place, model in models.items()
        }

    def _told(self, place: int, figures: Figures) -> Score:
        score = Score(place, self.fold, figures)
        if self.heard:
            self.heard(score)
        return score
