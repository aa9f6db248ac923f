"""Bootstrap intervals of any figure: in each replicate a row counts as often as a Poisson draw with mean 1 says.

The draw is a hash of the row's key, the replicate and the seed, so that it needs no rows on the driver and does not
depend on their order or partitioning (Chamandy et al. 2012, "Estimating uncertainty for massive data streams"). All
replicates are groups of one query.
"""

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RequestWrong
from tidemill.validation.figures.binary import binary_figures_by
from tidemill.validation.figures.gathering import Figures, UnknownFigure, gather_figures

REPLICATE = "_replicate"
WEIGHT = "_weight"
REPLICATES = 400
LEVEL = 0.95
# Of a Poisson draw with mean 1 to be at most 0, 1, ... 8; one in a million lies beyond and is taken for 9.
CHANCES = tuple(accumulate(math.exp(-1) / math.factorial(count) for count in range(9)))


class BadReplicates(RequestWrong):
    """Too few replicates, or a level that is no share."""

    def __init__(self, replicates: int, level: float) -> None:
        super().__init__(
            f"no interval can be given from {replicates} replicates at the level {level}: "
            "ask for at least 20 replicates and a level between 0 and 1"
        )


class NoKey(RequestWrong):
    """It is not said what tells rows apart."""

    def __init__(self) -> None:
        super().__init__("rows can only be drawn by a key: name the columns that tell them apart, such as customer_id")


class FiguresBy(Protocol):
    """`binary_figures_by` or `regression_figures_by`, or a functools.partial of one that names other columns."""

    def __call__(self, predictions: DataFrame, by: Sequence[str], *, weight: str | None) -> DataFrame:
        """One row of figures a group."""


class Interval(NamedTuple):
    """A figure and where it would lie on other rows of the same kind.

    Attributes:
        value: on the rows as they are.
        low: the lower end.
        high: the upper end.
        replicates: how many had the figure; without both classes there is no area, for instance.
    """

    value: float
    low: float
    high: float
    replicates: int


def bootstrap(
    predictions: DataFrame, key: Sequence[str], replicates: int, seed: int = 0, weight: str | None = None
) -> DataFrame:
    """Every row as often as it is drawn at all, with the replicate and the weight there.

    Args:
        predictions: any rows.
        key: the columns by which rows are drawn: those with the same key come and go together, as all predictions of
            one row by several models must, and all rows of one customer should.
        replicates: how many.
        seed: another draws otherwise.
        weight: the column of the rows' own weights; without it each counts 1.

    Raises:
        NoKey: no column is named.

    Returns:
        The rows as they are with `_replicate` int 0, and those drawn in replicates from 1 on; `_weight` double.
    """
    if not key:
        raise NoKey
    each = predictions.withColumn(REPLICATE, F.explode(F.sequence(F.lit(0), F.lit(replicates))))
    # The upper 53 bits of the hash, which a double holds, as a number from 0 to 1.
    hashed = F.shiftrightunsigned(F.xxhash64(F.lit(f"{seed}:bootstrap"), REPLICATE, *key), 11) * 2.0**-53
    own = F.col(weight).cast("double") if weight else F.lit(1.0)
    rows = each.withColumn("_even", hashed).where(f"{REPLICATE} = 0 or _even >= {CHANCES[0]!r}")
    draw = " ".join(f"when _even < {chance!r}D then {count}" for count, chance in enumerate(CHANCES))
    drawn = F.expr(f"case when {REPLICATE} = 0 then 1 {draw} else {len(CHANCES)} end")
    return rows.withColumn(WEIGHT, drawn * own).drop("_even")


def resampled(
    predictions: DataFrame,
    key: Sequence[str],
    by: Sequence[str] = (),
    figures_by: FiguresBy = binary_figures_by,
    replicates: int = REPLICATES,
    seed: int = 0,
    weight: str | None = None,
) -> dict[tuple[object, ...], Figures]:
    """The figures of every group in every replicate, in one query; groups are drawn alike.

    It makes about 0.63 rows times replicates on the executors, and brings one row of figures a group and replicate to
    the driver.

    Args:
        predictions: what `figures_by` reads.
        key: see `bootstrap`.
        by: the columns of a group, such as the model.
        figures_by: computes the figures.
        replicates: how many.
        seed: another draws otherwise.
        weight: the column of the rows' own weights.

    Returns:
        The figures by the group's values and the replicate, which comes last; 0 is the rows as they are.

    Raises:
        UnusablePredictions: some rows cannot be scored.
    """
    groups = (*by, REPLICATE)
    drawn = bootstrap(predictions, key, replicates, seed, weight)
    return gather_figures(figures_by(drawn, groups, weight=WEIGHT), groups)


def intervals(
    predictions: DataFrame,
    key: Sequence[str],
    figures_by: FiguresBy = binary_figures_by,
    replicates: int = REPLICATES,
    level: float = LEVEL,
    seed: int = 0,
    weight: str | None = None,
) -> dict[str, Interval]:
    """Percentile bootstrap intervals of every figure (Efron and Tibshirani 1993, chapter 13).

    Args:
        predictions: what `figures_by` reads.
        key: the columns that tell apart what is drawn: see `bootstrap`.
        figures_by: computes the figures.
        replicates: how many, at least 20; the ends of a 95 % interval want some hundreds.
        level: how many of the replicates lie within.
        seed: the same gives the same intervals, however the rows are partitioned.
        weight: the column of the rows' own weights.

    Returns:
        By the figure's name its interval.

    Raises:
        BadReplicates: there are fewer than 20, or the level is not between 0 and 1.
        UnusablePredictions: some rows cannot be scored.
    """
    require_replicates(replicates, level)
    found = resampled(predictions, key, (), figures_by, replicates, seed, weight)
    whole = found.pop((0,), {})
    return {name: interval(value, [each[name] for each in found.values()], level) for name, value in whole.items()}


def require_replicates(replicates: int, level: float) -> None:
    """Check what an interval is asked from.

    Raises:
        BadReplicates: there are fewer than 20 replicates, or the level is not between 0 and 1.
    """
    if replicates < 20 or not 0 < level < 1:
        raise BadReplicates(replicates, level)


def interval(value: float, drawn: Sequence[float], level: float) -> Interval:
    """The percentile interval of the drawn values that are numbers."""
    numbers = [each for each in drawn if not math.isnan(each)]
    if not numbers:
        return Interval(value, math.nan, math.nan, 0)
    low, high = np.quantile(numbers, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), len(numbers))


def require_figure(name: str, figures: Figures) -> None:
    """Check that a figure is among those computed.

    Raises:
        UnknownFigure: it is not.
    """
    if name not in figures:
        raise UnknownFigure(name, list(figures))
