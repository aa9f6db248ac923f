"""How surprising a figure is after the sensor's own past figures."""

import numpy as np

from tidemill.streams.anomalies.columns import Array

State = dict[str, Array]

TAIL = 0.1  # the share of figures above the followed quantile
STEP = 0.05  # of the quantile's logarithm, at a figure; more while few figures are known
HEAVINESS = 0.3  # of a tail between a normal and an exponential distribution's: the first guess
LIGHTEST, HEAVIEST = 0.12, 0.7
FIRST_GUESS, MEMORY = 20, 300  # figures of the tail that the guess weighs, and that are remembered
CUT = 3.0  # a figure further in the tail teaches no more than this one


def tail_fills(name: str) -> dict[str, float]:
    """What is remembered of a figure: its quantile's logarithm, its tail's heaviness, how many were in the tail."""
    return {f"{name}_quantile": 0.5, f"{name}_heaviness": HEAVINESS, f"{name}_beyond": 0.0}


def surprise(state: State, name: str, figure: Array, learning: Array) -> Array:
    """-log10 of the share of figures that are to be expected at least as large; and learn from this one.

    The 90th percentile is followed by stochastic approximation (Robbins and Monro 1951) in the logarithm. Above it the
    tail is a Pareto's, its heaviness Hill's estimate (1975), so that it takes more to surprise where large figures are
    usual.

    Args:
        state: with the arrays of `tail_fills`, changed in place.
        name: of the figure.
        figure: 0 or more.
        learning: 1 to learn, 0 not to.
    """
    quantile, heaviness, beyond = (state[f"{name}_{what}"] for what in ("quantile", "heaviness", "beyond"))
    over = np.log(np.maximum(figure, 1e-9)) - quantile
    above = over > 0
    within = -np.log10(1 - (1 - TAIL) * np.exp(np.minimum(over, 0)))
    told = np.where(above, 1 + over / (heaviness * np.log(10)), within)
    lesson = np.minimum(over, CUT * heaviness) - heaviness
    learned = learning * above
    heaviness += learned / np.minimum(beyond + FIRST_GUESS, MEMORY) * lesson
    np.clip(heaviness, LIGHTEST, HEAVIEST, out=heaviness)
    beyond += learned
    quantile += learning * np.maximum(STEP, 0.5 / (1 + beyond)) * np.where(above, 1 - TAIL, -TAIL)
    return told
