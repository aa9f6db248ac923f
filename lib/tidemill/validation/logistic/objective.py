"""The log loss of many candidates at once, each with its own penalty."""

from collections.abc import Sequence

import numpy as np

from tidemill.validation.logistic.design import Design
from tidemill.validation.logistic.points import Numbers, dot
from tidemill.validation.logistic.settings import Settings

# So many rows, and what is computed of them for a dozen candidates, stay in a core's own cache.
BLOCK = 1024


def mean_losses(design: Design, points: Numbers) -> tuple[Numbers, Numbers]:
    """The weighted mean log loss at each point, and its gradient.

    Args:
        design: the rows.
        points: one row a point: the coefficients of the standardised features, then the intercept.

    Returns:
        The loss of each point, and a matrix like `points` of the gradients.
    """
    losses, gradients = np.zeros(len(points)), np.zeros(points.shape)
    for first in range(0, len(design.signs), BLOCK):
        block = slice(first, first + BLOCK)
        rows, signs, weights = design.matrix[block], design.signs[block], design.weights[block]
        # Positive where a row is on its own side of the plane.
        margins = (points @ rows.T) * signs
        tails = np.exp(-np.abs(margins))
        losses += (np.log1p(tails) - np.minimum(margins, 0.0)) @ weights
        gradients -= (np.where(margins > 0, tails, 1.0) / (1.0 + tails) * (signs * weights)) @ rows
    total = design.weights.sum()
    return losses / total, gradients / total


def penalties(design: Design, settings: Settings, factor: float, power: int) -> Numbers:
    """What a penalty multiplies each coefficient of the standardised features by; the intercept, the last, by 0.

    Args:
        design: the rows.
        settings: say whether the penalty is on these coefficients or on those of the features as they are.
        factor: the penalty's.
        power: of the coefficients in the penalty: 1 or 2.
    """
    scales = np.ones(len(design.scaled_means)) if settings.standardized else design.inverse_deviations**power
    return np.append(factor * scales, 0.0) if settings.intercept else factor * scales


class Objective:
    """The penalised loss of each candidate; a candidate without intercept has no coordinate for it.

    Args:
        design: the rows.
        candidates: at least one.
    """

    def __init__(self, design: Design, candidates: Sequence[Settings]) -> None:
        self._design = design
        self._intercepts = [each.intercept for each in candidates]
        self._squares = [penalties(design, each, each.l2, 2) for each in candidates]

    def evaluate(self, asked: dict[int, Numbers]) -> dict[int, tuple[float, Numbers]]:
        """The value and the gradient at one point of each of some candidates, by their place."""
        points = np.stack([self._full(place, x) for place, x in asked.items()])
        losses, gradients = mean_losses(self._design, points)
        return {
            place: self._penalised(place, x, loss, gradient)
            for (place, x), loss, gradient in zip(asked.items(), losses, gradients, strict=True)
        }

    def _full(self, place: int, x: Numbers) -> Numbers:
        # Features that are not centred are centred ones with the intercept that takes their means back.
        return x if self._intercepts[place] else np.append(x, x @ self._design.scaled_means)

    def _penalised(self, place: int, x: Numbers, loss: float, gradient: Numbers) -> tuple[float, Numbers]:
        if not self._intercepts[place]:
            gradient = gradient[:-1] + gradient[-1] * self._design.scaled_means
        squares = self._squares[place]
        return loss + 0.5 * dot(squares, x * x), gradient + squares * x
