"""Figures of predictions, each computed by Spark in one pass over the rows, none collected.

Definitions are scikit-learn's: a share of nothing is 0.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def binary_figures(
    rows: DataFrame, label: str = "label", prediction: str = "prediction", probability: str = "probability_of_1"
) -> dict[str, float]:
    """Accuracy, precision, recall and F1 of the predicted class 1, and the area under the ROC curve.

    Args:
        rows: label and prediction double, 0 or 1; probability double, of class 1.
        label: the column of what was.
        prediction: the column of what was predicted.
        probability: the column that the area is computed from.

    Returns:
        accuracy, precision, recall, f1, roc_auc; roc_auc is not a number where only one class is there.
    """
    said, was = F.col(prediction) == 1, F.col(label) == 1
    counts = rows.agg(
        _number(said & was).alias("tp"),
        _number(said & ~was).alias("fp"),
        _number(~said & was).alias("fn"),
        _number(~said & ~was).alias("tn"),
    ).head(1)
    tp, fp, fn, tn = counts[0]
    # Without bins the area is exact: every distinct probability is a point of the curve.
    area = BinaryClassificationEvaluator(rawPredictionCol=probability, labelCol=label, numBins=0)
    return {
        "accuracy": _share(tp + tn, tp + fp + fn + tn),
        "precision": _share(tp, tp + fp),
        "recall": _share(tp, tp + fn),
        "f1": _share(2 * tp, 2 * tp + fp + fn),
        "roc_auc": float(area.evaluate(rows)) if tp + fn and fp + tn else math.nan,
    }


def regression_figures(
    rows: DataFrame, scales: Mapping[str, tuple[str, str]] = MappingProxyType({"": ("label", "prediction")})
) -> dict[str, float]:
    """The errors of a predicted number, on one scale or several.

    Args:
        rows: numbers; those of a scale are in one unit.
        scales: by the ending of the figures' names, the columns of what was and of what was predicted.

    Returns:
        For each scale mse (the unit squared), rmse and mae (the unit), r2 (1 is perfect, 0 no better than the mean).
    """
    sums = rows.agg(*(each for pair in scales.values() for each in _sums(*pair))).head(1)[0]
    numbers = iter(math.nan if value is None else float(value) for value in sums)
    figures: dict[str, float] = {}
    for ending in scales:
        mse, mae, variance = next(numbers), next(numbers), next(numbers)
        named = {"mse": mse, "rmse": math.sqrt(mse), "mae": mae, "r2": 1 - mse / variance if variance else math.nan}
        figures |= {f"{name}{ending}": value for name, value in named.items()}
    return figures


def _sums(label: str, prediction: str) -> list[Column]:
    error = F.col(label) - F.col(prediction)
    return [F.avg(error * error), F.avg(F.abs(error)), F.var_pop(label)]


def _number(condition: Column) -> Column:
    return F.count(F.when(condition, True))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
