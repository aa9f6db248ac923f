"""The curves and counts of a model of two classes."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.models.evaluation.predictions import USUAL_THRESHOLD
from tidemill.validation.figures import (
    calibration_curve,
    confusion,
    gain_curve,
    precision_recall_curve,
    roc_curve,
)

# Finer than can be seen in a plot, and small in a page.
POINTS = 200


@dataclass(frozen=True)
class Curve:
    """Points of a curve, in its order."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class CalibrationBin:
    """Rows with nearly the same probability: how many, their mean probability, and how many of them were class 1."""

    rows: float
    probability: float
    share: float


@dataclass(frozen=True)
class Classes:
    """What is only known of a model of two classes, on the hold-out.

    Attributes:
        threshold: from which probability on a row counts as class 1; infinite where none does.
        chosen: whether it was chosen; else it is 0.5.
        tp: rows of class 1 that were named so; fp, fn, tn alike.
        fp: see tp.
        fn: see tp.
        tn: see tp.
        mean_probability: of all rows.
        roc: true positive rate over false positive rate.
        precision_recall: precision over recall.
        gain: share of class 1 found over the share of rows looked at, highest probability first.
        calibration: bins of equal width that are not empty.
    """

    threshold: float
    chosen: bool
    tp: float
    fp: float
    fn: float
    tn: float
    mean_probability: float
    roc: Curve
    precision_recall: Curve
    gain: Curve
    calibration: tuple[CalibrationBin, ...]

    @property
    def share(self) -> float:
        """Of the rows that are class 1."""
        return (self.tp + self.fn) / (self.tp + self.fn + self.fp + self.tn)


def classes_of(judged: DataFrame, threshold: float | None) -> Classes:
    """Curves, calibration and the counts at the threshold.

    Args:
        judged: `scorable` rows.
        threshold: the chosen one.
    """
    at = USUAL_THRESHOLD if threshold is None else threshold
    found = confusion(judged, at)
    bins = [
        CalibrationBin(row["rows"], row["mean_probability"], row["share_of_1"])
        for row in calibration_curve(judged).collect()  # ten rows
    ]
    rows = sum(each.rows for each in bins)
    return Classes(
        threshold=at,
        chosen=threshold is not None,
        tp=found.tp,
        fp=found.fp,
        fn=found.fn,
        tn=found.tn,
        mean_probability=sum(each.rows * each.probability for each in bins) / rows,
        roc=_curve(roc_curve(judged, points=POINTS), "false_positive_rate", "true_positive_rate"),
        precision_recall=_curve(precision_recall_curve(judged, points=POINTS), "recall", "precision"),
        gain=_curve(gain_curve(judged, points=POINTS), "share", "gain"),
        calibration=tuple(bins),
    )


def _curve(points: DataFrame, x: str, y: str) -> Curve:
    # At most POINTS rows and one; four decimals are finer than a plot.
    found = points.select(F.round(x, 4), F.round(y, 4)).collect()
    return Curve(tuple(row[0] for row in found), tuple(row[1] for row in found))
