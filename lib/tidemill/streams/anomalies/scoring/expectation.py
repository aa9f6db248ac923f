"""What the next reading should be, how far readings usually are from that, and what is usual on the long run."""

from dataclasses import dataclass

import numpy as np

from tidemill.streams.anomalies.columns import Array, SensorColumns
from tidemill.streams.anomalies.scoring import autoregression
from tidemill.streams.anomalies.scoring.autoregression import Autoregression
from tidemill.streams.anomalies.scoring.seasons import SEASONS, Seasons, learn_seasons, seasons
from tidemill.streams.anomalies.scoring.tails import State
from tidemill.streams.anomalies.scoring.timing import When

FORECASTS = 8
FOLLOW = 60  # readings over which a forecast's error is averaged
TRUST = 4  # a forecast's weight is its error to the power of minus this
QUICK, SLOW, LEVEL, CHOICE = 40, 400, 100, 200  # readings over which spreads, the level and the choice are averaged
CUT = 4.0  # deviations beyond which a reading is no example for the next one
WARM = 8  # readings before one is judged
QUANTUM = 0.35  # of the usual step, below which no spread goes: readings are rounded
PRECISION = 1e-9  # of a number
MEAN_TO_DEVIATION = 1.25  # a normal distribution's standard deviation in its mean absolute ones
FILLS = {
    **dict.fromkeys(("clean_1", "clean_2", "clean_3", "last", "level", "before"), 0.0),
    **dict.fromkeys(("usual_spread", "spread", "recent_spread", "step"), 0.0),
    **dict.fromkeys(("day_error", "week_error", "level_error"), 0.0),
    "errors": np.full(FORECASTS, np.nan),
}


@dataclass(frozen=True)
class Expectation:
    """What was expected of a reading.

    Attributes:
        value: the forecast.
        from_last: the forecast that goes on from the last reading, however odd that one was.
        spread: how far readings usually are from the forecast, by the hour where that matters.
        scale: the same, with the last readings.
        usual: the season's course on the slow level, which forgets slowly.
        usual_spread: how far readings usually are from that.
        floor: the least spread.
        hourly: the hour's part in the spread.
    """

    value: Array
    from_last: Array
    spread: Array
    scale: Array
    usual: Array
    usual_spread: Array
    floor: Array
    hourly: Array
    seasons: Seasons
    forecasts: Array
    dynamics: Autoregression


def expected(state: State, large: SensorColumns, when: When, value: Array, size: Array) -> Expectation:
    """What is expected of readings, from those before.

    Args:
        state: changed in place.
        large: changed in place.
        when: the readings' places in time.
        value: the readings; a sensor's first one is the first example of all.
        size: how large the numbers are, which says how precise they can be.
    """
    first = when.count == 0
    for name in ("clean_1", "clean_2", "clean_3", "last", "level", "day_base", "week_base"):
        np.copyto(state[name], value, where=first)
    found = seasons(state, large, when)
    dynamics = Autoregression(state, state["level"], state["spread"])
    cycled = when.count > 3 * when.day
    forecasts = np.stack(
        [
            state["clean_1"],
            np.where(when.count > autoregression.FIRST, dynamics.forecast(), np.nan),
            state["level"],
            *(found.forecast[name] for name in SEASONS),
            np.where(cycled, state["clean_1"] + found.usual["day"] - state["before"], np.nan),
        ]
    )
    forecast = _combined(state, forecasts, size)
    floor = np.maximum(QUANTUM * state["step"], PRECISION * size)
    hourly = large["hour_spread"][when.sensor, when.hour].astype(float)
    hourly = np.where((when.count > 4 * when.day) & (when.day > 3.5), np.clip(hourly, 0.5, 3), 1)
    spread = np.maximum(state["spread"] * hourly, floor)
    scale = np.maximum(np.sqrt(spread * np.maximum(state["recent_spread"], 0.7 * spread)), floor)
    return Expectation(
        value=forecast,
        from_last=state["last"] + np.where(cycled, forecast - state["clean_1"], 0),
        spread=spread,
        scale=scale,
        usual=_usual(state, found, when),
        usual_spread=np.maximum(state["usual_spread"], floor),
        floor=floor,
        hourly=hourly,
        seasons=found,
        forecasts=forecasts,
        dynamics=dynamics,
    )


def _combined(state: State, forecasts: Array, size: Array) -> Array:
    """Forecasts weighted by how well each did (Bates and Granger 1969, with a sharper weight)."""
    missing = np.isnan(forecasts) | np.isnan(state["errors"])
    errors = np.maximum(state["errors"], PRECISION * size)
    best = np.where(missing, np.inf, errors).min(axis=0)
    closeness = np.where(missing, 0, np.where(np.isfinite(best), best, 1) / errors)
    weights = (closeness * closeness) ** (TRUST / 2)
    # One after the other, so that the last digit does not depend on how many sensors there are.
    total = sum(weights)
    sums = sum(weights * np.where(missing, 0, forecasts))
    return np.where(total > 0, sums / np.where(total > 0, total, 1), state["clean_1"])


def _usual(state: State, found: Seasons, when: When) -> Array:
    """The course of a week or a day where that has been nearer than the slow level alone."""
    week = (when.count > 2 * when.week) & (
        state["week_error"] < 0.95 * np.minimum(state["day_error"], state["level_error"])
    )
    day = (when.count > 2 * when.day) & (state["day_error"] < 0.9 * state["level_error"])
    return np.where(week, found.usual["week"], np.where(day, found.usual["day"], state["level"]))


def learn(state: State, large: SensorColumns, when: When, was: Expectation, value: Array) -> None:
    """Learn a reading; an odd one teaches no more than one at the edge of what is usual."""
    count, warm = when.count, when.count > WARM
    off = value - was.value
    clean = np.where(warm, was.value + np.clip(off, -CUT * was.scale, CUT * was.scale), value)
    was.dynamics.learn(clean, count > 4)
    _learn_errors(state, was, value, count)
    learn_seasons(state, large, when, was.seasons, value, clean)
    _learn_level(state, was, value, count)
    _learn_spreads(state, large, when, was, value)
    step = np.abs(value - state["last"])
    ratio = np.log(np.maximum(step, 1e-200)) - np.log(np.maximum(state["step"], 1e-200))
    followed = np.where(state["step"] == 0, step, state["step"] * np.exp(0.05 * np.clip(ratio, -1, 1)))
    np.copyto(state["step"], followed, where=(step > 0) & (count > 0))
    state["clean_3"][:] = state["clean_2"]
    state["clean_2"][:] = state["clean_1"]
    state["clean_1"][:] = clean
    state["last"][:] = value
    state["before"][:] = was.seasons.usual["day"]


def _learn_errors(state: State, was: Expectation, value: Array, count: Array) -> None:
    errors = state["errors"]
    now = np.abs(value - was.forecasts)
    new = np.isnan(errors)
    best = np.where(new, np.inf, errors).min(axis=0)
    cut = np.maximum(6 * best, was.floor)
    rate = np.maximum(1 / (count + 1), 1 / FOLLOW)
    learned = np.where(new, now, errors + rate * (np.minimum(now, cut) - errors))
    np.copyto(errors, learned, where=~np.isnan(now))


def _learn_level(state: State, was: Expectation, value: Array, count: Array) -> None:
    cut = np.where(count < 20, np.inf, 3 * was.usual_spread)
    state["level"] += np.maximum(1 / (count + 1), 1 / LEVEL) * np.clip(value - state["level"], -cut, cut)
    for name, usual in (
        ("day", was.seasons.usual["day"]),
        ("week", was.seasons.usual["week"]),
        ("level", state["level"]),
    ):
        error = state[f"{name}_error"]
        off = np.minimum(np.abs(value - usual), np.where(count < 20, np.inf, 4 * error + was.floor))
        error += np.maximum(1 / (count + 1), 1 / CHOICE) * (off - error)


def _learn_spreads(state: State, large: SensorColumns, when: When, was: Expectation, value: Array) -> None:
    count = when.count
    off = np.abs(value - was.value)
    early = np.where(count > 3, 6 * state["spread"] + was.floor, np.inf)
    off = np.minimum(off, np.where(count > WARM, CUT * was.spread, early))
    off = np.where(count < 1, 0, MEAN_TO_DEVIATION * off)
    hour = large["hour_spread"][when.sensor, when.hour]
    share = np.minimum(off / np.maximum(state["spread"], was.floor), 4)
    large["hour_spread"][when.sensor, when.hour] = hour + np.where(count > 2 * when.day, 0.05, 0) * (share - hour)
    nth = 1 / np.maximum(count, 1)
    state["spread"] += np.maximum(nth, 1 / SLOW) * (off / was.hourly - state["spread"])
    state["recent_spread"] += np.maximum(nth, 1 / QUICK) * (off - state["recent_spread"])
    away = np.abs(value - was.usual)
    away = MEAN_TO_DEVIATION * np.where(count > 20, np.minimum(away, CUT * was.usual_spread), away)
    state["usual_spread"] += np.maximum(nth, 1 / SLOW) * (away - state["usual_spread"])
