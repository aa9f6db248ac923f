"""Curves for a report, thinned where the rows are to as many points as can be seen.

The thinning is M4 (Jugel et al. 2014, "M4: a visualization-oriented time series data aggregation"): the axis is cut
into columns of equal width, and of each only the first, last, lowest and highest points are kept. So every point of the
whole curve has one of the drawn curve at its own height and in its own column: with n points allowed, not further away
sideways than 4/n of the axis (2/n for curves that never fall, where first and last are lowest and highest).
"""

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidemill.errors import RequestWrong
from tidemill.validation.figures.ranking import ranked, scored

# Two hundred columns: finer than a line is wide in a plot of that many pixels.
POINTS = 400
LEAST = 8


class TooFewPoints(RequestWrong):
    """A curve is asked for in too few points or bins."""

    def __init__(self, what: str, asked: int, least: int) -> None:
        super().__init__(f"a curve of {asked} {what} shows nothing: ask for at least {least}")


def roc_curve(
    predictions: DataFrame,
    by: Sequence[str] = (),
    label: str = "label",
    probability: str = "probability_of_1",
    weight: str | None = None,
    points: int = POINTS,
) -> DataFrame:
    """The true positive rate over the false positive rate, as the threshold falls.

    Args:
        predictions: label 0 or 1, probability of class 1 from 0 to 1, a weight that is at least 0; other rows are left
            out.
        by: the columns of a group, such as the model; one curve for each.
        label: the column of what was.
        probability: the column of the probability.
        weight: the column of the rows' weights; without it each counts 1.
        points: at most so many a group, and the curve's beginning; the drawn curve is within 2/points of the axis.

    Returns:
        One row a point, in the order of the curve: the group, threshold (the lowest probability that is called class 1;
        infinite at the beginning), false_positive_rate and true_positive_rate double; a rate of a class that is not
        there is 0.
    """
    rates = _rate("_fps", "_all_neg"), _rate("_tps", "_all_pos")
    kept = _thinned(predictions, by, (label, probability, weight), _width(points, 2), *rates)
    return _from_nothing(kept, by, "false_positive_rate", "true_positive_rate")


def gain_curve(
    predictions: DataFrame,
    by: Sequence[str] = (),
    label: str = "label",
    probability: str = "probability_of_1",
    weight: str | None = None,
    points: int = POINTS,
) -> DataFrame:
    """The share of all positives that is found among the rows with the highest probabilities, and its lift.

    Args:
        predictions: as for `roc_curve`.
        by: as there.
        label: as there.
        probability: as there.
        weight: as there.
        points: as there.

    Returns:
        One row a point, in the order of the curve: the group, threshold, share (of the rows), gain (of the positives)
        and lift (how many times a random choice's gain; null at the beginning) double.
    """
    share = _rate("_tps + _fps", "_all_pos + _all_neg")
    gain = _rate("_tps", "_all_pos")
    kept = _thinned(predictions, by, (label, probability, weight), _width(points, 2), share, gain)
    return _from_nothing(kept, by, "share", "gain").withColumn("lift", F.expr("try_divide(gain, share)"))


def precision_recall_curve(
    predictions: DataFrame,
    by: Sequence[str] = (),
    label: str = "label",
    probability: str = "probability_of_1",
    weight: str | None = None,
    points: int = POINTS,
) -> DataFrame:
    """Precision over recall, as the threshold falls; draw it as steps, as average precision is their area.

    Args:
        predictions: as for `roc_curve`.
        by: as there.
        label: as there.
        probability: as there.
        weight: as there.
        points: at most so many a group; the drawn curve is within 4/points of the axis.

    Returns:
        One row a point, in the order of the curve: the group, threshold, recall and precision double. The point at
        recall 0 and precision 1, which no threshold gives, is left out.
    """
    rates = _rate("_tps", "_all_pos"), _rate("_tps", "_tps + _fps")
    kept = _thinned(predictions, by, (label, probability, weight), _width(points, 4), *rates)
    named = kept.select(*by, "threshold", F.col("x").alias("recall"), F.col("y").alias("precision"))
    return named.coalesce(1).sortWithinPartitions(*by, F.desc("threshold"))


def calibration_curve(
    predictions: DataFrame,
    by: Sequence[str] = (),
    label: str = "label",
    probability: str = "probability_of_1",
    weight: str | None = None,
    bins: int = 10,
) -> DataFrame:
    """How often class 1 comes about where it is given some probability, in bins of equal width.

    Args:
        predictions: as for `roc_curve`.
        by: as there.
        label: as there.
        probability: as there.
        weight: as there.
        bins: how many; each holds its upper end, the first 0 too, as those of the figure ece.

    Returns:
        One row a bin that is not empty: the group, bin int from 1, rows (their weight), mean_probability and share_of_1
        double.
    """
    if bins < 1:
        raise TooFewPoints("bins", bins, 1)
    rows = scored(predictions, by, label, probability, weight=weight).where("_unusable = 0")
    place = F.expr(f"cast(greatest(ceil(_p * {bins}), 1) as int)").alias("bin")
    sums = rows.groupBy(*by, place).agg(
        F.expr("sum(_pos + _neg)").alias("rows"),
        F.expr("sum(_p * (_pos + _neg))").alias("_probability"),
        F.expr("sum(_pos)").alias("_of_1"),
    )
    shares = sums.where("rows > 0").select(
        *by,
        "bin",
        "rows",
        F.expr("_probability / rows").alias("mean_probability"),
        F.expr("_of_1 / rows").alias("share_of_1"),
    )
    return shares.coalesce(1).sortWithinPartitions(*by, "bin")


def _thinned(
    predictions: DataFrame,
    by: Sequence[str],
    columns: Sequence[str | None],
    width: int,
    x: str,
    y: str,
) -> DataFrame:
    """At most four points a column of the axis: the group, threshold, x and y, which are SQL over a ranked row."""
    label, probability, weight = columns
    rows = ranked(scored(predictions, by, str(label), str(probability), weight=weight), by)
    point = F.expr(f"struct(_p as threshold, {x} as x, {y} as y)").alias("point")
    points = rows.where("_pos + _neg > 0").select(*by, point)
    ends = ["max_by(point, point.threshold)", "min_by(point, point.threshold)"]
    # Of equal heights the outermost, so that a curve that never falls keeps two points a column.
    heights = [f"{most}_by(point, struct(point.y, -point.threshold))" for most in ("min", "max")]
    kept = F.expr(f"array_distinct(array({', '.join(ends + heights)}))").alias("kept")
    place = F.expr(f"greatest(ceil(point.x * {width}), 1)").alias("_place")
    return points.groupBy(*by, place).agg(kept).select(*by, F.explode("kept").alias("point")).select(*by, "point.*")


def _from_nothing(points: DataFrame, by: Sequence[str], x: str, y: str) -> DataFrame:
    """The points in order, after one at which no row is called class 1."""
    falling = Window.partitionBy(*by).orderBy(F.desc("threshold"))
    placed = points.coalesce(1).withColumn("_place", F.row_number().over(falling))
    point = "struct(threshold, x, y)"
    nothing = "struct(double('infinity') as threshold, 0D as x, 0D as y)"
    begun = F.expr(f"explode(if(_place = 1, array({nothing}, {point}), array({point})))").alias("point")
    named = [F.col(f"point.{at}").alias(name) for at, name in (("threshold", "threshold"), ("x", x), ("y", y))]
    return placed.select(*by, begun).select(*by, *named)


def _width(points: int, a_column: int) -> int:
    if points < LEAST:
        raise TooFewPoints("points", points, LEAST)
    return points // a_column


def _rate(part: str, whole: str) -> str:
    return f"coalesce(try_divide({part}, {whole}), 0)"
