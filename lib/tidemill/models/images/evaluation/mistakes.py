"""The mistakes that a classifier is surest of, with their pictures."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidemill.models.images.evaluation.counting import UNITS, Integers, Probabilities, in_units


class Mistake(NamedTuple):
    """A sample that was told wrong.

    Attributes:
        key: its number in its split.
        label: the index of its class.
        told: the index of the class that was told.
        units: the probability of the class that was told, in UNITS.
        of_label: the probability of its own class, in UNITS.
        image: uint8 [height, width, channels].
    """

    key: int
    label: int
    told: int
    units: int
    of_label: int
    image: NDArray[np.uint8]

    @property
    def probability(self) -> float:
        """Of the class that was told."""
        return self.units / UNITS

    @property
    def probability_of_label(self) -> float:
        """Of its own class."""
        return self.of_label / UNITS


def mistakes_in(
    probabilities: Probabilities, labels: Integers, keys: Integers, images: NDArray[np.uint8], most: int
) -> list[Mistake]:
    """The worst mistakes among some predictions; see `worst`."""
    given = probabilities.astype(np.float64)
    told = given.argmax(axis=1) if len(given) else np.zeros(0, np.int64)
    units = in_units(given)
    wrong = np.flatnonzero(told != labels)
    order = sorted(wrong.tolist(), key=lambda at: (-int(units[at, told[at]]), int(keys[at])))[:most]
    return [
        Mistake(
            int(keys[at]),
            int(labels[at]),
            int(told[at]),
            int(units[at, told[at]]),
            int(units[at, labels[at]]),
            images[at].copy(),
        )
        for at in order
    ]


def worst(found: Iterable[Mistake], most: int) -> list[Mistake]:
    """The mistakes with the highest probability, and of equal ones those with the lowest keys."""
    return sorted(found, key=lambda each: (-each.units, each.key))[:most]
