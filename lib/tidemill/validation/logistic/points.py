"""What a minimiser asks about, and what it is told.

A minimiser here is a generator: it yields a point, is sent the value and the gradient of its function there, and
returns what it has found. Whoever drives many of them can so answer all their questions by one matrix product.
"""

from collections.abc import Generator
from typing import NamedTuple, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]
Found = TypeVar("Found")
Asking: TypeAlias = Generator[Numbers, tuple[float, Numbers], Found]


class Point(NamedTuple):
    """A place that a minimiser has been.

    Attributes:
        x: the place.
        value: of the smooth function there.
        gradient: of the smooth function.
        objective: the value with the L1 penalty, where there is one.
        slope: the gradient of the objective; with an L1 penalty its pseudo-gradient (Andrew and Gao 2007, eq. 4).
    """

    x: Numbers
    value: float
    gradient: Numbers
    objective: float
    slope: Numbers


class Minimum(NamedTuple):
    """Where a minimiser stopped.

    Attributes:
        x: the place.
        objectives: what the objective was at the start and after each iteration, failed ones included.
    """

    x: Numbers
    objectives: list[float]


class SearchFailed(Exception):
    """No step of this kind goes down from here. The minimiser that meets it forgets its history, then gives up."""


def dot(left: Numbers, right: Numbers) -> float:
    """The inner product, as numpy's number: to divide by 0 then gives infinity, as it does for Spark, and no error."""
    return cast(float, np.float64(left @ right))
