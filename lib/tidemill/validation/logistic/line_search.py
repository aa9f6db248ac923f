"""The two line searches of Breeze 2.1, which Spark 3.5 minimises with.

Every constant and every order of tests is Breeze's, for the steps that are chosen decide every iterate that follows.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tidemill.validation.logistic.points import Asking, Point, SearchFailed

# Nocedal and Wright, Numerical Optimization, ch. 3: the decrease and the curvature that a step has to bring.
DECREASE = 1e-4
CURVATURE = 0.9
STRONG_WOLFE_STEPS = 10
ZOOM_STEPS = 10
BACKTRACKING_STEPS = 20
SMALLEST_STEP, LARGEST_STEP = 1e-10, 1e10


class Trial(NamedTuple):
    """What was found a step along the direction: the objective, its derivative along the direction, and the point."""

    step: float
    value: float
    slope: float
    point: Point


Try = Callable[[float], Asking[Trial]]


def strong_wolfe(attempt: Try, start: Trial, first: float) -> Asking[Trial]:
    """Find a step that meets the strong Wolfe conditions (Nocedal and Wright, algorithm 3.5).

    Args:
        attempt: asks for the trial at a step.
        start: the trial at step 0.
        first: the step to try first.

    Raises:
        SearchFailed: the direction goes up, or no such step was found.
    """
    if start.slope > 0:
        raise SearchFailed
    low, step = start, first
    for attempts in range(STRONG_WOLFE_STEPS):
        trial = yield from attempt(step)
        if not np.isfinite(trial.value):
            step /= 2.0
            continue
        if not _decreases(trial, start) or (trial.value >= low.value and attempts > 0):
            return (yield from _zoom(attempt, start, low, trial))
        if abs(trial.slope) <= CURVATURE * abs(start.slope):
            return trial
        if trial.slope >= 0:
            return (yield from _zoom(attempt, start, trial, low))
        low = trial
        step *= 1.5
    raise SearchFailed


def _zoom(attempt: Try, start: Trial, low: Trial, high: Trial) -> Asking[Trial]:
    """Narrow a bracket that holds such a step (algorithm 3.6); `low` is its better end, on either side."""
    for _ in range(ZOOM_STEPS):
        step = _interpolated(high, low) if low.step > high.step else _interpolated(low, high)
        if np.isnan(step):
            raise SearchFailed
        trial = yield from attempt(step)
        if not _decreases(trial, start) or trial.value >= low.value:
            high = trial
            continue
        if abs(trial.slope) <= CURVATURE * abs(start.slope):
            return trial
        if trial.slope * (high.step - low.step) >= 0:
            high = low
        low = trial
    raise SearchFailed


def _decreases(trial: Trial, start: Trial) -> bool:
    return not trial.value > start.value + DECREASE * trial.step * start.slope


def _interpolated(left: Trial, right: Trial) -> float:
    """The minimum of the cubic through both ends (equation 3.59), kept a tenth of the bracket away from either."""
    width = right.step - left.step
    d1 = left.slope + right.slope - 3 * (left.value - right.value) / (left.step - right.step)
    d2 = np.sqrt(d1 * d1 - left.slope * right.slope)
    step = right.step - width * (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2)
    nearest, farthest = left.step + 0.1 * width, left.step + 0.9 * width
    if step < nearest:
        return nearest
    return farthest if step > farthest else float(step)


def backtracking(attempt: Try, start: Trial, assumed: float, first: float, shrink: float) -> Asking[Trial]:
    """Shrink or grow a step until it meets the strong Wolfe conditions, as Breeze does for OWL-QN.

    Args:
        attempt: asks for the trial at a step.
        start: the trial at step 0.
        assumed: Breeze judges the first step by this value rather than by the one that is found there.
        first: the step to try first.
        shrink: the factor that a step too long is shortened by; one too short grows by 2.1.

    Returns:
        The step that meets the conditions, or the last but one after twenty.

    Raises:
        SearchFailed: the step became too small or too large.
    """
    trial = yield from attempt(first)
    value = assumed
    for attempts in range(1, BACKTRACKING_STEPS + 1):
        factor = _change(value, trial.slope, trial.step, start, shrink)
        if factor == 1.0:
            return trial
        step = trial.step * factor
        if step < SMALLEST_STEP or step > LARGEST_STEP:
            raise SearchFailed
        if attempts < BACKTRACKING_STEPS:
            trial = yield from attempt(step)
            value = trial.value
    return trial


def _change(value: float, slope: float, step: float, start: Trial, shrink: float) -> float:
    if value > start.value + step * start.slope * DECREASE:
        return shrink
    if slope < CURVATURE * start.slope:
        return 2.1
    return shrink if slope > -CURVATURE * start.slope else 1.0
