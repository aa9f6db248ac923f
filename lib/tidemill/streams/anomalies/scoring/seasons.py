"""What a sensor usually reads at this time of the day, of the week, or so many readings ago."""

from dataclasses import dataclass

import numpy as np

from tidemill.streams.anomalies.columns import Array, SensorColumns
from tidemill.streams.anomalies.scoring.tails import State
from tidemill.streams.anomalies.scoring.timing import DAY_SLOTS, HOURS, RING, WEEK_SLOTS, When

CUT = 3.0  # deviations by which one reading can move a season
LATEST = 0.6  # weight of the last period; the one before it has the rest
SEASONS = ("day", "week", "period", "longer")
FILLS = {
    "day_base": 0.0,
    "week_base": 0.0,
    **{f"{name}_{what}": 0.0 for name in SEASONS for what in ("rest", "with_last")},
    **{f"{name}_own": 1e-9 for name in SEASONS},
}


def season_columns() -> SensorColumns:
    """The arrays that are too large to be moved about: the last readings, the courses of a day and a week."""
    return SensorColumns(
        ring=np.full(RING, np.nan, np.float32),
        day=np.zeros(DAY_SLOTS, np.float32),
        day_readings=np.zeros(DAY_SLOTS, np.uint8),
        week=np.zeros(WEEK_SLOTS, np.float32),
        week_readings=np.zeros(WEEK_SLOTS, np.uint8),
        hour_spread=np.ones(HOURS, np.float32),
    )


@dataclass(frozen=True)
class Seasons:
    """What each season says of a reading.

    Attributes:
        course: the usual part of the day and of the week, beside the slow level.
        usual: season -> level and course together; nan where nothing is known.
        forecast: season -> the same, with what the last reading was off by as far as that stays.
    """

    course: dict[str, Array]
    usual: dict[str, Array]
    forecast: dict[str, Array]


def seasons(state: State, large: SensorColumns, when: When) -> Seasons:
    """Look up each season."""
    course = {
        "day": large["day"][when.sensor, when.day_slot].astype(float),
        "week": large["week"][when.sensor, when.week_slot].astype(float),
    }
    usual = {name: state[f"{name}_base"] + course[name] for name in course}
    for name in ("period", "longer"):
        usual[name] = _periodic(state[name], large["ring"], when)
    forecast = {name: usual[name] + _stays(state, name) * state[f"{name}_rest"] for name in SEASONS}
    forecast["day"][when.count < 2 * when.day] = np.nan
    forecast["week"][when.count < 2 * when.week] = np.nan
    return Seasons(course, usual, forecast)


def _periodic(period: Array, ring: Array, when: When) -> Array:
    last, before = (
        np.where(
            (period > 0) & (times * period < RING - 1), ring[when.sensor, (when.place - times * period) % RING], np.nan
        )
        for times in (1, 2)
    )
    return np.where(np.isnan(before), last, LATEST * last + (1 - LATEST) * before)


def _stays(state: State, name: str) -> Array:
    """The share of what a reading is off by that the next one is off by too: an AR(1)'s coefficient."""
    return np.clip(state[f"{name}_with_last"] / np.maximum(state[f"{name}_own"], 1e-12), -0.2, 1)


def learn_seasons(state: State, large: SensorColumns, when: When, found: Seasons, value: Array, clean: Array) -> None:
    """Learn a reading.

    Args:
        state: changed in place.
        large: changed in place.
        when: the reading's place in time.
        found: what the seasons said of it.
        value: the reading.
        clean: the same, or what it was cut off to.
    """
    spread = state["usual_spread"]
    for name in SEASONS:
        rest = state[f"{name}_rest"]
        off = np.clip(clean - found.usual[name], -4 * spread, 4 * spread)
        off[np.isnan(off)] = 0
        state[f"{name}_with_last"] += 0.01 * (off * rest - state[f"{name}_with_last"])
        state[f"{name}_own"] += 0.01 * (rest * rest - state[f"{name}_own"])
        rest[:] = off
    for name, slot, cycle, slowest in (
        ("day", when.day_slot, when.day, 0.08),
        ("week", when.week_slot, when.week, 0.25),
    ):
        known = when.count >= 2 * cycle
        off = value - state[f"{name}_base"] - found.course[name]
        cut = np.where(known, CUT * spread, np.inf)
        readings = large[f"{name}_readings"][when.sensor, slot]
        large[name][when.sensor, slot] += np.maximum(1 / (readings + 1.0), slowest) * np.clip(off, -cut, cut)
        large[f"{name}_readings"][when.sensor, slot] = np.minimum(readings, 253) + 1
        span = np.minimum(np.maximum(60, 2 * cycle if name == "day" else cycle), 1500)
        cut = np.where(when.count < 20, np.inf, CUT * spread)
        off = value - state[f"{name}_base"] - np.where(known, found.course[name], 0)
        state[f"{name}_base"] += np.maximum(1 / (when.count + 1), 1 / span) * np.clip(off, -cut, cut)
    for missing in np.flatnonzero(when.missed):
        places = when.place[missing] - 1 - np.arange(when.missed[missing])
        large["ring"][when.sensor[missing], places % RING] = np.nan
    large["ring"][when.sensor, when.place % RING] = clean
