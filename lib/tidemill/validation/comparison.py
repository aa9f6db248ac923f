"""Whether one of two models is better, by how much, and how sure that is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.special import stdtr, stdtrit

from tidemill.errors import RequestWrong
from tidemill.validation.figures import FiguresBy, binary_figures_by, larger_is_better
from tidemill.validation.figures.resampling import (
    LEVEL,
    REPLICATES,
    interval,
    require_figure,
    require_replicates,
    resampled,
)


class NotPaired(RequestWrong):
    """The two models were not scored on the same folds or rows."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"two models can only be compared on the same folds or rows, but {found}. Score both on the same ones."
        )


@dataclass(frozen=True)
class Comparison:
    """What the scores of two models say about which is better.

    Attributes:
        figure: what they are compared by.
        first: the name of one.
        second: the name of the other.
        scores: the figure of each.
        difference: the first's figure less the second's.
        low: the lower end of the difference's interval.
        high: the upper end.
        level: of the interval.
        p_value: how often chance alone makes a difference at least this large, on either side.
        rests_on: what was compared, in words.
    """

    figure: str
    first: str
    second: str
    scores: tuple[float, float]
    difference: float
    low: float
    high: float
    level: float
    p_value: float
    rests_on: str

    @property
    def better(self) -> str | None:
        """The better model's name; None where the interval of the difference holds 0."""
        if not (self.low > 0 or self.high < 0):
            return None
        return self.first if (self.difference > 0) == larger_is_better(self.figure) else self.second

    @property
    def verdict(self) -> str:
        """Two sentences with the numbers: which is better, by how much, how sure, and what that means."""
        span = f"{100 * self.level:g} % interval {_signed(self.low)} to {_signed(self.high)}, {_chance(self.p_value)}"
        found = (
            f"{self.first} has a {self.figure} of {self.scores[0]:.4g}, {self.second} of {self.scores[1]:.4g}: a "
            f"difference of {_signed(self.difference)} ({span}), on {self.rests_on}."
        )
        if self.better is None:
            return f"{found} There is no difference that these could show: the true one may lie on either side of 0."
        gap = f"at least {min(abs(self.low), abs(self.high)):.2g} and at most {max(abs(self.low), abs(self.high)):.2g}"
        return f"{found} So {self.better} is the better one, by {gap} as far as these can tell."


def compare_folds(scores: Mapping[str, Sequence[float]], folds: int, figure: str, level: float = LEVEL) -> Comparison:
    """The corrected resampled t-test of two models' scores on the same folds.

    Scores of folds are not independent, as their models share training rows: the plain t-test finds differences where
    there are none. The correction adds to the variance the ratio of a fold's rows to those trained on (Nadeau and
    Bengio 2003, "Inference for the generalization error").

    Args:
        scores: by the two models' names, their figure in each fold, repeat after repeat, in the same order.
        folds: how many each repeat has, at least 2.
        figure: its name, as in the figures; whether more of it is better is known from it.
        level: of the interval of the difference.

    Raises:
        NotPaired: there are not two models, or not a score of each in every fold of every repeat.
    """
    first, second, differences = _differences(scores, folds)
    count = len(differences)
    mean = float(np.mean(differences))
    error = math.sqrt((1 / count + 1 / (folds - 1)) * float(np.var(differences, ddof=1)))
    reach = float(stdtrit(count - 1, (1 + level) / 2)) * error
    # Without any spread a difference is certain, and none is none.
    statistic = abs(mean) / error if error else math.inf if mean else 0.0
    repeats = f" in {count // folds} repeats" if count > folds else ""
    return Comparison(
        figure=figure,
        first=first,
        second=second,
        scores=(float(np.mean(scores[first])), float(np.mean(scores[second]))),
        difference=mean,
        low=mean - reach,
        high=mean + reach,
        level=level,
        p_value=float(2 * stdtr(count - 1, -statistic)),
        rests_on=f"{folds} folds{repeats}",
    )


def compare_predictions(
    predictions: DataFrame,
    model: str,
    key: Sequence[str],
    figure: str,
    figures_by: FiguresBy = binary_figures_by,
    replicates: int = REPLICATES,
    level: float = LEVEL,
    seed: int = 0,
) -> Comparison:
    """The paired bootstrap of two models' predictions of the same rows, such as a hold-out's.

    In each replicate the same rows are drawn for both, so that what makes rows hard for both cancels out. It tells what
    other rows of the same kind would change, not what training anew would: for that see `compare_folds`.

    Args:
        predictions: what `figures_by` reads, one row a model and key.
        model: the column of the models' names, of which there are two; the first in order comes first.
        key: the columns that tell rows apart; rows with the same key are drawn together.
        figure: its name; whether more of it is better is known from it.
        figures_by: computes the figures: `binary_figures_by`, `regression_figures_by`, or a functools.partial of one.
        replicates: how many, at least 20.
        level: of the percentile interval of the difference.
        seed: the same gives the same result, however the rows are partitioned.

    Raises:
        NotPaired: there are not two models, or they predict different rows.
        UnknownFigure: the figure is not among those computed.
        BadReplicates: there are fewer than 20, or the level is not between 0 and 1.
        UnusablePredictions: some rows cannot be scored.
    """
    require_replicates(replicates, level)
    (first, second), rows = _same_rows(predictions, model, key)
    found = resampled(predictions, key, [model], figures_by, replicates, seed)
    require_figure(figure, found[(first, 0)])
    value, other = found[(first, 0)][figure], found[(second, 0)][figure]
    drawn = [
        found[(first, at)][figure] - found[(second, at)][figure]
        for at in range(1, replicates + 1)
        if (first, at) in found and (second, at) in found
    ]
    span = interval(value - other, drawn, level)
    return Comparison(
        figure=figure,
        first=str(first),
        second=str(second),
        scores=(value, other),
        difference=span.value,
        low=span.low,
        high=span.high,
        level=level,
        p_value=_either_side(drawn),
        rests_on=f"the same {rows:,} rows drawn {span.replicates} times",
    )


def _differences(scores: Mapping[str, Sequence[float]], folds: int) -> tuple[str, str, list[float]]:
    if len(scores) != 2:
        raise NotPaired(f"{len(scores)} were given ({', '.join(scores) or 'none'})")
    first, second = scores
    counts = len(scores[first]), len(scores[second])
    if counts[0] != counts[1]:
        raise NotPaired(f"{first} has {counts[0]} scores and {second} {counts[1]}")
    if folds < 2 or not counts[0] or counts[0] % folds:
        raise NotPaired(f"{counts[0]} scores of each are not those of whole repeats of {folds} folds (at least 2)")
    return first, second, [one - other for one, other in zip(scores[first], scores[second], strict=True)]


def _same_rows(predictions: DataFrame, model: str, key: Sequence[str]) -> tuple[tuple[object, object], int]:
    """The two models and the number of rows of each, whose keys are held against one another by a sum of hashes."""
    keys = F.sum(F.xxhash64(*key).cast("decimal(20,0)")).alias("keys")
    found = predictions.groupBy(F.col(model).alias("model")).agg(F.count(F.lit(1)).alias("rows"), keys).orderBy("model")
    models = found.head(3)
    if len(models) != 2:
        raise NotPaired(f"the column {model} names {'more than two' if len(models) > 2 else len(models)} models")
    one, other = models
    if (one["rows"], one["keys"]) != (other["rows"], other["keys"]):
        told = " and ".join(f"{each['model']} predicts {each['rows']:,}" for each in models)
        raise NotPaired(f"{told} rows, and not the same ones by {', '.join(key)}")
    return (one["model"], other["model"]), one["rows"]


def _either_side(drawn: Sequence[float]) -> float:
    """Twice the share of replicates in which the other one is as good or better, with one counted for the rows seen."""
    numbers = [each for each in drawn if not math.isnan(each)]
    above, below = (sum(1 for each in numbers if side * each >= 0) for side in (1, -1))
    return min(1.0, 2 * (min(above, below) + 1) / (len(numbers) + 1))


def _signed(number: float) -> str:
    return f"{number:+.3g}"


def _chance(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"
