"""The figures of candidates' predictions, of many candidates in one query where the evaluator can."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple, cast

from pyspark.ml.evaluation import BinaryClassificationEvaluator, Evaluator
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.validation.areas import CANDIDATE, MOST_ROWS, areas, is_exact_area

METRIC = "metric"

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
        figures_by: computes them for each value of a column, in one query.
        reads: the columns that `figures_by` reads.
    """

    def __init__(
        self,
        figures: Callable[[DataFrame], Figures],
        metric: str,
        larger_is_better: bool,
        figures_by: Callable[[DataFrame, str], Mapping[int, Figures]] | None = None,
        reads: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.figures = figures
        self.metric = metric
        self.figures_by = figures_by
        self.reads = tuple(reads)
        self._larger_is_better = larger_is_better

    def _evaluate(self, dataset: DataFrame) -> float:
        return self.figures(dataset)[self.metric]

    def isLargerBetter(self) -> bool:  # noqa: N802 (Evaluator's own name)
        """Whether the best candidate is the one with the highest mean."""
        return self._larger_is_better


def figures_of(evaluator: Evaluator, predicted: DataFrame) -> Figures:
    """The figures of one candidate's predictions; another evaluator than FigureEvaluator has one, called `metric`."""
    if isinstance(evaluator, FigureEvaluator):
        return evaluator.figures(predicted)
    return {METRIC: evaluator.evaluate(predicted)}


def takes_many(evaluator: Evaluator, rows: DataFrame) -> bool:
    """Whether the figures of many candidates' predictions of these rows, which are kept, are computed in one query."""
    if isinstance(evaluator, FigureEvaluator):
        return evaluator.figures_by is not None
    return is_exact_area(evaluator) and rows.count() <= MOST_ROWS


def figures_of_many(evaluator: Evaluator, predicted: Sequence[DataFrame]) -> list[Figures]:
    """The figures of each candidate's predictions, all in one query; for an evaluator that `takes_many`."""
    if isinstance(evaluator, FigureEvaluator) and evaluator.figures_by is not None:
        marked = [rows.select(F.lit(at).alias(CANDIDATE), *evaluator.reads) for at, rows in enumerate(predicted)]
        found = evaluator.figures_by(reduce(DataFrame.unionAll, marked), CANDIDATE)
        return [found[at] for at in range(len(predicted))]
    exact = areas(cast(BinaryClassificationEvaluator, evaluator), predicted) if is_exact_area(evaluator) else None
    if exact is None:
        return [figures_of(evaluator, rows) for rows in predicted]
    return [{METRIC: area} for area in exact]


def metric_of(evaluator: Evaluator, figures: Figures) -> float:
    """The figure that decides."""
    return figures[evaluator.metric if isinstance(evaluator, FigureEvaluator) else METRIC]
