"""The probability from which on a row counts as class 1, chosen exactly: every probability that occurs is tried.

Choose it on out-of-fold predictions: on rows that the model was fitted to, it would be too sure of itself.
"""

import math
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RequestWrong, RunFailed
from tidemill.validation.figures.gathering import UnusablePredictions
from tidemill.validation.figures.ranking import ranked, scored


class WrongCost(RequestWrong):
    """A cost of an error or a beta is not a positive number."""

    def __init__(self, name: str, value: float) -> None:
        super().__init__(f"{name} is {value}, but must be a number above 0")


class NoPositives(RunFailed):
    """No threshold can be chosen by F where nothing is of class 1."""

    def __init__(self, rows: float) -> None:
        super().__init__(
            f"no threshold can be chosen by F: none of the {rows:g} predictions is of a row of class 1. "
            "Give predictions of rows of both classes."
        )


class Confusion(NamedTuple):
    """The weight of the true positives, false positives, false negatives and true negatives."""

    tp: float
    fp: float
    fn: float
    tn: float


class Threshold(NamedTuple):
    """A threshold and what it gives on the predictions that it was chosen on.

    Attributes:
        value: rows whose probability is at least this are class 1. Spark's own models take those above their threshold.
        figure: the F, or the cost of all errors together.
        confusion: the counts there.
    """

    value: float
    figure: float
    confusion: Confusion


def threshold_by_f(
    rows: DataFrame,
    beta: float = 1.0,
    label: str = "label",
    probability: str = "probability_of_1",
    weight: str | None = None,
) -> Threshold:
    """The threshold with the highest F-beta; of several the highest, which calls the fewest rows class 1.

    Args:
        rows: out-of-fold predictions: label 0 or 1, probability of class 1 from 0 to 1, a weight that is at least 0.
        beta: how many times as much recall counts as precision; 1 is F1.
        label: the column of what was.
        probability: the column of the probability.
        weight: the column of the rows' weights; without it each counts 1.

    Raises:
        WrongCost: beta is not above 0.
        NoPositives: there is no row of class 1.
        UnusablePredictions: a label or a probability is missing or out of its range.
    """
    if not 0 < beta < math.inf:
        raise WrongCost("beta", beta)
    square = repr(float(beta) ** 2)
    # (1 + b2) tp + b2 fn + fp, as tp + fn are all positives and tp + fp all that are called so.
    found = _best(
        rows, f"try_divide((1 + {square}) * _tps, {square} * _all_pos + _tps + _fps)", label, probability, weight
    )
    if not found.confusion.tp + found.confusion.fn:
        raise NoPositives(sum(found.confusion))
    return found


def threshold_by_cost(
    rows: DataFrame,
    false_positive: float,
    false_negative: float,
    label: str = "label",
    probability: str = "probability_of_1",
    weight: str | None = None,
) -> Threshold:
    """The threshold at which the errors cost least together; of several the highest.

    Args:
        rows: out-of-fold predictions, as for `threshold_by_f`.
        false_positive: what it costs to take a row of class 0 for class 1, in any unit.
        false_negative: what it costs to take a row of class 1 for class 0, in the same unit.
        label: the column of what was.
        probability: the column of the probability.
        weight: the column of the rows' weights; without it each counts 1.

    Returns:
        The threshold, with the cost of all errors in that unit; its value is infinite where it is cheapest to call no
        row class 1.

    Raises:
        WrongCost: a cost is not above 0.
        UnusablePredictions: a label or a probability is missing or out of its range.
    """
    for name, cost in (("false_positive", false_positive), ("false_negative", false_negative)):
        if not 0 < cost < math.inf:
            raise WrongCost(name, cost)
    total = f"(_fps * {float(false_positive)!r}D + (_all_pos - _tps) * {float(false_negative)!r}D)"
    found = _best(rows, f"-{total}", label, probability, weight)
    positives, negatives = found.confusion.tp + found.confusion.fn, found.confusion.fp + found.confusion.tn
    nobody = Threshold(math.inf, positives * false_negative, Confusion(0.0, 0.0, positives, negatives))
    return nobody if nobody.figure <= -found.figure else found._replace(figure=-found.figure)


def confusion(
    rows: DataFrame,
    threshold: float,
    label: str = "label",
    probability: str = "probability_of_1",
    weight: str | None = None,
) -> Confusion:
    """Count right and wrong answers where rows with at least this probability are called class 1.

    Args:
        rows: predictions, as for `threshold_by_f`.
        threshold: the lowest probability that is called class 1.
        label: the column of what was.
        probability: the column of the probability.
        weight: the column of the rows' weights; without it each counts 1.

    Raises:
        UnusablePredictions: a label or a probability is missing or out of its range.
    """
    said = F.col("_p") >= threshold
    sums = [F.sum(F.when(side, F.col(of)).otherwise(0.0)) for side in (said, ~said) for of in ("_pos", "_neg")]
    row = scored(rows, (), label, probability, weight=weight).agg(*sums, F.sum("_unusable")).head(1)[0]
    tp, fp, fn, tn, unusable = (value or 0 for value in row)
    if unusable:
        raise UnusablePredictions(unusable)
    return Confusion(tp, fp, fn, tn)


def _best(rows: DataFrame, figure: str, label: str, probability: str, weight: str | None) -> Threshold:
    """The highest figure, which is SQL over a ranked row, at the highest probability that gives it."""
    each = ranked(scored(rows, (), label, probability, weight=weight), ())
    best = F.expr(f"max(if(_p is null, null, struct({figure} as figure, _p, _tps, _fps)))").alias("best")
    found = each.agg(best, F.max("_all_pos"), F.max("_all_neg"), F.sum("_unusable")).head(1)[0]
    chosen, positives, negatives, unusable = found
    if unusable:
        raise UnusablePredictions(unusable)
    if chosen is None:
        raise NoPositives(0)
    value, at, tp, fp = chosen["figure"], chosen["_p"], chosen["_tps"], chosen["_fps"]
    return Threshold(at, value or 0.0, Confusion(tp, fp, positives - tp, negatives - fp))
