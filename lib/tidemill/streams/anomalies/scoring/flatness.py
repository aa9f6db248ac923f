"""How surprising it is that a value stays the same."""

import numpy as np

from tidemill.streams.anomalies.columns import Array
from tidemill.streams.anomalies.scoring.tails import State

MEMORY = {"begins": 400, "goes_on": 200}
TOLD = 3.0  # from here on a stretch teaches little that it is usual
FILLS = {"run": 1.0, "begins": 1.0, "begins_of": 20.0, "goes_on": 2.0, "goes_on_of": 4.0}


def flatness(state: State, same: Array, learning: Array) -> Array:
    """-log10 of the likelihood of a stretch as long as this one.

    Two shares are learned: how often a reading repeats the one before, and how often a stretch that has begun goes on
    (a two-state Markov chain), so that counts that are mostly 0 may stay there.

    Args:
        state: changed in place.
        same: whether the reading repeats the one before.
        learning: 1 to learn, 0 not to.
    """
    run = state["run"]
    under_way = run >= 2
    begins = np.clip(state["begins"] / state["begins_of"], 1e-4, 1)
    goes_on = np.clip(state["goes_on"] / state["goes_on_of"], 0.02, 0.999)
    run[:] = np.where(same, run + 1, 1)
    told = np.where(same, -np.log10(begins) - (run - 2) * np.log10(goes_on), 0)
    weight = learning * np.where(told > TOLD, 0.02, 1)
    for name, here in (("begins", ~under_way), ("goes_on", under_way)):
        share = weight * here
        full = (state[f"{name}_of"] > MEMORY[name]) / MEMORY[name]
        state[name] += share * (same - full * state[name])
        state[f"{name}_of"] += share * (1 - full * state[f"{name}_of"])
    return told
