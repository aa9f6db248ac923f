"""What the tuned model is worth: a whole search inside each fold's training part, its winner scored on the fold.

The best score of a search is too good: among many candidates some do well on its folds by chance. On a fold that the
search has not seen they have no such luck. Source: Varma and Simon (2006), Bias in error estimation when using
cross-validation for model selection.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

from pyspark.ml import PipelineModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.validation.figures import Threshold
from tidemill.validation.fold_rows import fold_rows
from tidemill.validation.folds import FOLD, assign_folds
from tidemill.validation.kept_rows import kept
from tidemill.validation.scoring import FigureEvaluator, Figures
from tidemill.validation.search import Candidate, Search, deviation
from tidemill.validation.splits import TooFewRows, stratum_of

PROBABILITY = "probability_of_1"


class FoldWithoutClass(RunFailed):
    """An outer fold has no row of a class, so that no model can be scored on it."""

    def __init__(self, fold: int, stratum: str, rows: int) -> None:
        super().__init__(
            f"outer fold {fold} has no row of the class {stratum}, of which there are {rows} in all: every outer fold "
            "needs at least one. Assign the folds by assign_folds with strata, or make fewer."
        )


class Searching(Protocol):
    """Any way to search: a functools.partial of `cross_validate` or `halving_search` with all else given."""

    def __call__(
        self, rows: DataFrame, candidates: Sequence[Candidate], folds: int, evaluator: FigureEvaluator
    ) -> Search:
        """Find the best candidate on rows with `fold` int."""
        ...


@dataclass(frozen=True)
class InnerFolds:
    """The folds of the searches, which are assigned anew inside each outer fold's training part.

    Attributes:
        count: how many each search has.
        key: the columns that tell rows apart.
        strata: the column of classes, spread evenly; without it all rows are one class.
        seed: another seed makes other folds.
    """

    count: int
    key: Sequence[str]
    strata: str | None = None
    seed: int = 0

    def assigned(self, training: DataFrame, outer: int) -> DataFrame:
        """The training part of an outer fold with inner folds in place of outer ones."""
        # The outer folds are those of repeat 0: the inner ones must not follow their order.
        return assign_folds(training.drop(FOLD), self.key, self.count, self.seed, self.strata, repeat=outer + 1)


@dataclass(frozen=True)
class OuterFold:
    """What one outer fold found.

    Attributes:
        fold: its number.
        winner: the position of the candidate that its search chose.
        model: that candidate, fitted on the fold's whole training part.
        figures: the model's on the fold, at the threshold.
        promised: its mean figures in the search, those of classes by the model's own predictions.
        threshold: chosen in the search, with what it gave there; none where none was to be chosen.
    """

    fold: int
    winner: int
    model: PipelineModel
    figures: Figures
    promised: Figures
    threshold: Threshold | None


@dataclass(frozen=True)
class Nested:
    """What nested cross-validation found: figures of the search and all that it chooses, not of one candidate.

    Attributes:
        candidates: what was searched.
        folds: one for each outer fold.
        rows: those that were scored, with their outer fold.
    """

    candidates: tuple[Candidate, ...]
    folds: tuple[OuterFold, ...]
    rows: DataFrame

    @property
    def winners(self) -> list[Candidate]:
        """Which candidate each outer fold's search chose."""
        return [self.candidates[fold.winner] for fold in self.folds]

    def mean(self) -> Figures:
        """The mean figures over the outer folds."""
        return self._over_folds(statistics.fmean)

    def deviation(self) -> Figures:
        """Their standard deviation over the outer folds (of a population, as `Search.deviation`)."""
        return self._over_folds(deviation)

    def optimism(self, figure: str) -> float:
        """How much more than the outer folds the searches promised, on average."""
        return statistics.fmean(fold.promised[figure] - fold.figures[figure] for fold in self.folds)

    def out_of_fold(self) -> DataFrame:
        """Predictions of every row by an outer fold's model that never saw it.

        Returns:
            The rows as they were given, and what the models add; `prediction` at the fold's threshold.
        """
        return reduce(DataFrame.unionByName, (_predicted(self.rows, fold) for fold in self.folds))

    def _over_folds(self, statistic: Callable[[list[float]], float]) -> Figures:
        return {name: statistic([fold.figures[name] for fold in self.folds]) for name in self.folds[0].figures}


def nested_cross_validate(
    rows: DataFrame,
    candidates: Sequence[Candidate],
    search: Searching,
    evaluator: FigureEvaluator,
    outer: int,
    inner: InnerFolds,
    threshold: Callable[[DataFrame], Threshold] | None = None,
    heard: Callable[[OuterFold], None] | None = None,
) -> Nested:
    """Search inside each outer fold's training part, and score what it chose on the fold.

    Nothing is chosen by rows that are scored: not the features' statistics, the candidate or the threshold. Rows of one
    outer training part at a time are kept on the executors.

    Args:
        rows: what the stages read, and `fold` int from 0 to `outer` - 1; cached by the caller.
        candidates: at least one.
        search: how they are searched: a functools.partial of `cross_validate` or `halving_search`.
        evaluator: the figures of a set of predictions, and which of them decides.
        outer: how many outer folds there are.
        inner: the folds of the searches.
        threshold: chooses that of a binary model on label and `probability_of_1`, here the winner's predictions out of
            the inner folds: `threshold_by_f`, or a functools.partial of it or of `threshold_by_cost`. Without it
            predictions are the models' own.
        heard: called after each outer fold with what it found.

    Raises:
        WrongFolds: a row has another outer fold or none, or a fold has no row.
        FoldWithoutClass: an outer fold has no row of a class.
        TooFewRows: a class has fewer rows in an outer training part than there are inner folds.
    """
    parts = fold_rows(rows, FOLD, outer)
    _require_classes(rows, outer, inner)
    found = []
    for fold, (training, held_out) in enumerate(parts):
        with kept(inner.assigned(training, fold)) as (inside,):
            searched = search(inside, candidates=candidates, folds=inner.count, evaluator=evaluator)
            # While the training part is kept: predictions out of the inner folds are made when they are asked for.
            chosen = threshold(_with_probability(searched.validated.out_of_fold())) if threshold else None
        figures = evaluator.figures(_at(searched.model.transform(held_out), chosen))
        promised = searched.mean(searched.best)
        found.append(OuterFold(fold, searched.best, searched.model, figures, promised, chosen))
        if heard:
            heard(found[-1])
    return Nested(tuple(candidates), tuple(found), rows)


def _require_classes(rows: DataFrame, outer: int, inner: InnerFolds) -> None:
    counted = rows.groupBy(stratum_of(inner.strata).alias("stratum"), FOLD).count()
    sizes: dict[str, dict[int, int]] = {}
    for row in counted.toLocalIterator():  # one row a class and fold
        sizes.setdefault(row["stratum"], {})[row[FOLD]] = row["count"]
    for stratum, by_fold in sizes.items():
        total = sum(by_fold.values())
        missing = [fold for fold in range(outer) if fold not in by_fold]
        if missing:
            raise FoldWithoutClass(missing[0], stratum, total)
        left = total - max(by_fold.values())
        if left < inner.count:
            raise TooFewRows("an outer fold of a nested validation", stratum, left, inner.count)


def _predicted(rows: DataFrame, fold: OuterFold) -> DataFrame:
    return _at(fold.model.transform(rows.where(F.col(FOLD) == fold.fold)), fold.threshold)


def _at(predicted: DataFrame, threshold: Threshold | None) -> DataFrame:
    """The predictions at a chosen threshold; as they are where none was chosen."""
    if threshold is None:
        return predicted
    reached = _probability() >= threshold.value
    return predicted.withColumn("prediction", reached.cast("double"))


def _with_probability(predicted: DataFrame) -> DataFrame:
    return predicted.withColumn(PROBABILITY, _probability())


def _probability() -> Column:
    return vector_to_array(F.col("probability"))[1]
