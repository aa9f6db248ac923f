"""Predictions as integer counts: their sum over parts of the samples is exact, whoever counted which part."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

# A probability is counted in so many parts, so that sums of them are whole numbers as well.
UNITS = 1 << 30
BINS = 15
# As small as a probability is taken for the log loss; float32 gives a sure network's others as 0.
LEAST = 1e-12

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]
Probabilities = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """What became of some samples, C being the number of classes.

    Attributes:
        confusion: [C, C], samples by class (rows) and by the class that was told (columns).
        places: [C], samples whose class was told as the most probable, the second, and so on.
        bins: [15, 3], by the probability of the class that was told, in equal steps: samples, those told right, and
            the sum of their probabilities in UNITS.
        loss: [1], the sum of minus the logarithm of the probability of a sample's class, in UNITS.
    """

    confusion: Integers
    places: Integers
    bins: Integers
    loss: Integers

    @classmethod
    def none(cls, classes: int) -> Self:
        """Those of no samples."""
        shapes = ((classes, classes), (classes,), (BINS, 3), (1,))
        return cls(*(np.zeros(shape, np.int64) for shape in shapes))

    @property
    def samples(self) -> int:
        """How many were counted."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """How many were told right."""
        return int(np.trace(self.confusion))

    def arrays(self) -> tuple[Integers, ...]:
        """The counts in the order of the fields, which `Counts(*arrays)` takes."""
        return self.confusion, self.places, self.bins, self.loss

    def __add__(self, other: Self) -> Self:
        return type(self)(*(own + its for own, its in zip(self.arrays(), other.arrays(), strict=True)))


def counted(probabilities: Probabilities, labels: Integers) -> Counts:
    """Count predictions.

    Args:
        probabilities: [n, C], of each class.
        labels: [n], the index of each sample's class.

    Returns:
        Of equal probabilities the first class's is told.
    """
    classes = probabilities.shape[1]
    if not len(labels):
        return Counts.none(classes)
    given: Numbers = probabilities.astype(np.float64)
    told = given.argmax(axis=1)
    of_label = given[np.arange(len(labels)), labels][:, None]
    earlier = np.arange(classes)[None, :] < labels[:, None]
    place = ((given > of_label) | ((given == of_label) & earlier)).sum(axis=1)
    units = in_units(given.max(axis=1))
    step = np.minimum(units * BINS // UNITS, BINS - 1)
    bins = np.stack([_summed(step, BINS, weights) for weights in (np.ones_like(units), told == labels, units)], axis=1)
    return Counts(
        confusion=_summed(labels * classes + told, classes * classes).reshape(classes, classes),
        places=_summed(place, classes),
        bins=bins,
        loss=in_units(-np.log(np.maximum(of_label[:, 0], LEAST))).sum(keepdims=True),
    )


def in_units(values: Numbers) -> Integers:
    """Values in whole UNITS."""
    return np.rint(values * UNITS).astype(np.int64)


def _summed(places: Integers, size: int, weights: NDArray[Any] | None = None) -> Integers:
    """Sums of whole numbers by place; bincount would add weights as floating-point numbers."""
    found = np.zeros(size, np.int64)
    np.add.at(found, places, 1 if weights is None else weights)
    return found
