"""Boosted trees of some rows: each tree learns what those before it have left (Friedman 2001)."""

from typing import NamedTuple

import numpy as np

from tidemill.validation.arrow import Numbers, Unfit
from tidemill.validation.boosting.exponential import LARGEST, jvm_exp
from tidemill.validation.boosting.growing import Ground, grown
from tidemill.validation.boosting.sampling import draws
from tidemill.validation.boosting.settings import Settings
from tidemill.validation.boosting.tree import Node


class Rows(NamedTuple):
    """Rows to learn from, those of the partitions one after another.

    Attributes:
        features: float64, one row each.
        labels: one each.
        sizes: how many rows each partition has.
    """

    features: Numbers
    labels: Numbers
    sizes: list[int]


def boosted(ground: Ground, rows: Rows, settings: Settings) -> list[Node]:
    """Grow the trees of one model as Spark's GradientBoostedTrees.boost does.

    Args:
        ground: the rows, binned.
        rows: the same.
        settings: of the model.

    Raises:
        Unfit: labels that are no classes, or predictions so large that Spark's arithmetic is left.
    """
    labels = rows.labels
    if settings.classifies:
        if not np.isin(labels, (0.0, 1.0)).all():
            raise Unfit
        labels = labels * 2 - 1
    drawn = draws(settings.seed, settings.trees, rows.sizes, settings.share)
    trees, predictions, left_over = [], np.zeros(len(labels)), labels
    for number in range(settings.trees):
        if number:
            left_over = _left_over(predictions, labels, settings.classifies)
        tree, predicted = grown(ground, left_over, drawn[number], settings, settings.seed + number)
        predictions = predictions + predicted * (settings.rate if number else 1.0)
        trees.append(tree)
    return trees


def _left_over(predictions: Numbers, labels: Numbers, classifies: bool) -> Numbers:
    """The loss's gradient, downhill."""
    if not classifies:
        return 2.0 * (labels - predictions)
    exponents = 2.0 * labels * predictions
    if np.abs(exponents).max() > LARGEST:
        raise Unfit
    return 4.0 * labels / (1.0 + jvm_exp(exponents))
