"""Where a reading stands in time: in its sensor's usual rhythm, in the day and in the week."""

from dataclasses import dataclass

import numpy as np

from tidemill.streams.anomalies.columns import Array
from tidemill.streams.anomalies.scoring.tails import State

DAY = 86_400_000_000  # microseconds
WEEK = 7 * DAY
DAY_SLOTS, WEEK_SLOTS, HOURS = 96, 168, 24
RING = 400  # readings that are remembered one by one
SLOWEST = 0.02  # weight of the newest interval
FILLS = {"at": 0, "place": 0, "interval": 0.0, "count": 0.0}


@dataclass(frozen=True)
class When:
    """A reading of each of some sensors, in time.

    Attributes:
        sensor: numbers.
        count: readings before this one.
        missed: how many readings of the usual rhythm are missing before it.
        place: which place of the rhythm it has.
        day, week: usual readings in a day and in a week.
        day_slot, week_slot, hour: where in the day and the week (Monday is not first: the week begins with a Thursday).
    """

    sensor: Array
    count: Array
    missed: Array
    place: Array
    day: Array
    week: Array
    day_slot: Array
    week_slot: Array
    hour: Array


def timed(state: State, sensor: Array, at: Array) -> When:
    """Place readings in time, and follow each sensor's usual interval: its logarithm's mean, steps cut off."""
    count = state["count"].copy()
    since = np.where(count == 0, 0, at - state["at"])
    interval = state["interval"]
    off = np.log(np.maximum(since, 1) / np.maximum(interval, 1))
    followed = interval * np.exp(np.clip(off, -1, 1) * np.maximum(1 / np.maximum(count, 1), SLOWEST))
    interval[:] = np.where(count < 2, since, followed)
    usual = np.maximum(interval, 1)
    steps = np.where(count == 0, 0, np.clip(np.rint(since / usual), 1, RING)).astype(np.int64)
    state["place"] += steps
    state["at"][:] = at
    state["count"] += 1
    of_day, of_week = at % DAY, at % WEEK
    return When(
        sensor,
        count,
        np.maximum(steps - 1, 0),
        state["place"].copy(),
        DAY / usual,
        WEEK / usual,
        of_day * DAY_SLOTS // DAY,
        of_week * WEEK_SLOTS // WEEK,
        of_day * HOURS // DAY,
    )
