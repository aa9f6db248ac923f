"""Features as numbers of bins: what Spark's trees look at instead of the values."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from tidemill.validation.arrow import Numbers, Unfit

Whole: TypeAlias = npt.NDArray[np.int32]
# Spark takes the candidate splits of more rows than this, and than the square of maxBins, from a sample.
ALL_LOOKED_AT = 10_000


class Binned(NamedTuple):
    """Rows whose features are binned.

    Attributes:
        bins: feature by row, the bin's number from 0.
        widths: by feature, how many bins there are; one where it cannot be split.
        categories: by position, how many values each categorical feature has; there a bin is a value.
        thresholds: by position of the others: between their bins, rising. A value on one is of the lower bin.
    """

    bins: Whole
    widths: Whole
    categories: Mapping[int, int]
    thresholds: Mapping[int, Numbers]


def binned(features: Numbers, categories: Mapping[int, int], most_bins: int) -> Binned:
    """Bin features as Spark's RandomForest.findSplits does.

    Args:
        features: one row each, finite.
        categories: by position, how many values each categorical feature has.
        most_bins: of a feature.

    Raises:
        Unfit: Spark would look at a sample of the rows or has an error for them; or no feature can be split.
    """
    rows, width = features.shape
    allowed = min(most_bins, rows)
    if len(categories) < width and rows > max(allowed**2, ALL_LOOKED_AT):
        raise Unfit
    if any(values > allowed for values in categories.values()):
        raise Unfit
    bins, widths = np.empty((width, rows), np.int32), np.empty(width, np.int32)
    thresholds = {}
    for place in range(width):
        column = features[:, place] + 0.0  # -0.0 is 0.0
        if place in categories:
            # A category alone is no split either, but Spark believes that there is another.
            widths[place] = max(categories[place], 2)
            bins[place] = _as_categories(column, categories[place])
        else:
            thresholds[place] = thresholds_between(column, allowed)
            widths[place] = len(thresholds[place]) + 1
            bins[place] = np.searchsorted(thresholds[place], column, side="left")
    if (widths == 1).all():
        raise Unfit
    return Binned(bins, widths, categories, thresholds)


def thresholds_between(column: Numbers, most_bins: int) -> Numbers:
    """Where a feature may be split: between all neighbouring values, or at quantiles where these are too many.

    Raises:
        Unfit: values so near to each other, or so large, that what lies between is not between.
    """
    values, counts = np.unique(column, return_counts=True)
    with np.errstate(over="ignore"):
        between = (values[:-1] + values[1:]) / 2.0
    if len(between) > most_bins - 1:
        between = between[_at_quantiles(counts, len(column) / most_bins)]
    inside = np.isfinite(between) & ~(np.signbit(between) & (between == 0))
    if not inside.all() or (np.diff(between) <= 0).any():
        raise Unfit
    return between


def _at_quantiles(counts: npt.NDArray[np.int64], stride: float) -> list[int]:
    """After which values so many rows have gone by that one more value would be further from the next quantile."""
    gone = np.cumsum(counts).tolist()
    target = stride
    places = []
    for place, (before, after) in enumerate(pairwise(gone)):
        if abs(before - target) < abs(after - target):
            places.append(place)
            target += stride
    return places


def _as_categories(column: Numbers, values: int) -> Whole:
    """The values as bins.

    Raises:
        Unfit: one is not a category.
    """
    whole = column.astype(np.int32)
    if (whole != column).any() or (whole < 0).any() or (whole >= values).any():
        raise Unfit
    return whole
