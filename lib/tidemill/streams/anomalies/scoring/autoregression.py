"""A sensor's own dynamics: what its last three readings say of the next one."""

import numpy as np

from tidemill.streams.anomalies.columns import Array
from tidemill.streams.anomalies.scoring.tails import State

TERMS = 4  # a constant and three readings
MEMORY = 0.997
FIRST = 10  # readings before it forecasts
FILLS = {"weights": np.zeros(TERMS), "precision": 10 * np.eye(TERMS)}


class Autoregression:
    """An AR(3) in deviations from the slow level, by recursive least squares (Plackett 1950) with cut-off errors.

    Args:
        state: whose `weights` and `precision` are changed in place.
        level: the slow level.
        spread: the unit that readings are counted in.
    """

    def __init__(self, state: State, level: Array, spread: Array) -> None:
        self._state = state
        self._level = level.copy()
        self._spread = np.maximum(spread, 1e-12)
        last = (state["clean_1"], state["clean_2"], state["clean_3"])
        self._terms = [np.ones_like(level), *(np.clip((each - level) / self._spread, -20, 20) for each in last)]

    def forecast(self) -> Array:
        """The next reading."""
        return self._level + self._spread * np.clip(self._said(), -50, 50)

    def _said(self) -> Array:
        weights = self._state["weights"]
        return sum(term * weights[place] for place, term in enumerate(self._terms))

    def learn(self, clean: Array, known: Array) -> None:
        """Learn the reading that came, where enough is known."""
        precision = self._state["precision"]
        came = np.clip((clean - self._level) / self._spread, -20, 20)
        off = np.clip(came - self._said(), -4, 4)
        gain = sum(precision[:, place] * term for place, term in enumerate(self._terms))
        size = MEMORY + sum(term * gain[place] for place, term in enumerate(self._terms))
        use = known & np.isfinite(size) & (size > 0)
        share = np.where(use, off / np.where(use, size, 1), 0)
        self._state["weights"] += gain * share
        less = gain[:, None] * (gain / np.where(use, size, 1))[None]
        newer = (precision - less) / MEMORY
        trace = newer[0, 0] + newer[1, 1] + newer[2, 2] + newer[3, 3]
        # Without news the precision would grow for ever.
        use &= trace < 1e3
        np.copyto(precision, newer, where=use)
