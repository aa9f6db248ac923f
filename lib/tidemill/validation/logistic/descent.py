"""L-BFGS, and OWL-QN for an L1 penalty, as Breeze 2.1 iterates them for Spark 3.5.

Sources: Liu and Nocedal, On the limited memory BFGS method for large scale optimization (1989); Andrew and Gao,
Scalable training of L1-regularized log-linear models (2007). Where Breeze departs from them, it is followed.
"""

import math
from collections import deque

import numpy as np

from tidemill.validation.logistic.line_search import Trial, backtracking, strong_wolfe
from tidemill.validation.logistic.points import Asking, Minimum, Numbers, Point, SearchFailed, dot

MEMORY = 10
# The objective has converged where it is within the tolerance of the worst of so many iterations.
RECENT = 20
SMALLEST_GRADIENT = 1e-8
SMALLEST_MOVE = 1e-10


class History:
    """The last steps and what they changed of the gradient: an approximation of the inverse Hessian."""

    def __init__(self) -> None:
        self._pairs: deque[tuple[Numbers, Numbers, float]] = deque(maxlen=MEMORY)

    def add(self, step: Numbers, change: Numbers) -> None:
        """Remember a step, and forget the oldest where there are too many."""
        self._pairs.appendleft((step, change, dot(step, change)))

    def downhill(self, gradient: Numbers) -> Numbers:
        """The direction to search in: minus the inverse Hessian times the gradient, by the two-loop recursion.

        Raises:
            SearchFailed: the history is not that of a convex function.
        """
        direction = gradient.copy()
        shares = []
        if self._pairs and not self._pairs[0][2] >= 0:
            raise SearchFailed
        for step, change, curvature in self._pairs:
            share = dot(step, direction) / curvature
            if np.isnan(share):
                raise SearchFailed
            shares.append(share)
            direction -= share * change
        if self._pairs:
            _, change, curvature = self._pairs[0]
            direction *= curvature / dot(change, change)
        for (step, change, curvature), share in zip(reversed(self._pairs), reversed(shares), strict=True):
            direction += (share - dot(change, direction) / curvature) * step
        return -direction


class Lbfgs:
    """How to go down a smooth function."""

    def point(self, x: Numbers, value: float, gradient: Numbers) -> Point:
        """The point with what the method makes of the function's value and gradient there."""
        return Point(x, value, gradient, value, gradient)

    def direction(self, at: Point, history: History) -> Numbers:
        """Where to look for the next point."""
        return history.downhill(at.gradient)

    def next(self, at: Point, direction: Numbers, iteration: int) -> Asking[Point]:
        """Look for the next point in a direction.

        Raises:
            SearchFailed: none is lower.
        """
        first = 1.0 / _norm(direction) if iteration == 0 else 1.0
        trial = yield from strong_wolfe(lambda step: self._attempt(at, direction, step), _start(at, direction), first)
        if trial.step * _norm(at.gradient) < SMALLEST_MOVE:
            raise SearchFailed
        return trial.point

    def _attempt(self, at: Point, direction: Numbers, step: float) -> Asking[Trial]:
        x = self._moved(at, direction, step)
        value, gradient = yield x
        point = self.point(x, value, gradient)
        return Trial(step, point.objective, dot(point.slope, direction), point)

    def _moved(self, at: Point, direction: Numbers, step: float) -> Numbers:
        return at.x + direction * step


class Owlqn(Lbfgs):
    """How to go down a smooth function with an L1 penalty.

    Args:
        penalties: the penalty of each coordinate, at least 0.
    """

    def __init__(self, penalties: Numbers) -> None:
        self._penalties = penalties

    def point(self, x: Numbers, value: float, gradient: Numbers) -> Point:
        """The point with the penalty, and the pseudo-gradient where it is not smooth."""
        penalties = self._penalties
        rising, falling = gradient - penalties, gradient + penalties
        at_zero = np.where(rising > 0, rising, np.where(falling < 0, falling, 0.0))
        slope = np.where(x == 0, at_zero, gradient + np.sign(x) * penalties)
        return Point(x, value, gradient, value + np.abs(penalties * x).sum(), slope)

    def direction(self, at: Point, history: History) -> Numbers:
        """As L-BFGS's, but never up in any coordinate."""
        direction = history.downhill(at.slope)
        return np.where(direction * at.slope < 0, direction, 0.0)

    def next(self, at: Point, direction: Numbers, iteration: int) -> Asking[Point]:
        """Look for the next point in a direction, within the orthant of this one.

        Raises:
            SearchFailed: none is lower.
        """
        first, shrink = (0.5 / _norm(at.gradient), 0.1) if iteration == 0 else (1.0, 0.5)
        start = _start(at, direction)
        trial = yield from backtracking(lambda step: self._attempt(at, direction, step), start, at.value, first, shrink)
        return trial.point

    def _moved(self, at: Point, direction: Numbers, step: float) -> Numbers:
        moved = at.x + direction * step
        orthant = np.where(at.x == 0, np.sign(-at.slope), np.sign(at.x))
        return np.where(np.sign(moved) == orthant, moved, 0.0)


def minimise(method: Lbfgs, start: Numbers, iterations: int, tolerance: float) -> Asking[Minimum]:
    """Go down from a point until nothing more is gained.

    Args:
        method: chooses the directions and steps.
        start: the first point.
        iterations: how many at most.
        tolerance: of the objective relative to the first one, and of the gradient's norm relative to the objective.
    """
    at = method.point(start, *(yield start))
    objectives = [at.objective]
    recent = deque([math.inf], maxlen=RECENT)
    history, iteration, failed = History(), 0, False
    while iteration < iterations and not _converged(at, objectives[0], recent, tolerance):
        try:
            direction = method.direction(at, history)
            found = yield from method.next(at, direction, iteration)
        except SearchFailed:
            objectives.append(at.objective)
            if failed:
                break
            history, failed = History(), True
            continue
        history.add(found.x - at.x, found.gradient - at.gradient)
        at, iteration, failed = found, iteration + 1, False
        recent.append(at.objective)
        objectives.append(at.objective)
    return Minimum(at.x, objectives)


def _converged(at: Point, first: float, recent: deque[float], tolerance: float) -> bool:
    # Until the window is full its worst is infinity: Breeze never stops for the objective's sake before that.
    if len(recent) > 1 and abs(at.objective - max(recent)) <= tolerance * abs(first):
        return True
    return _norm(at.slope) <= max(tolerance * abs(at.objective), SMALLEST_GRADIENT)


def _start(at: Point, direction: Numbers) -> Trial:
    return Trial(0.0, at.objective, dot(at.slope, direction), at)


def _norm(vector: Numbers) -> float:
    return float(np.linalg.norm(vector))
