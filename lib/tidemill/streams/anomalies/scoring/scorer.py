"""The score of each reading: the parts together, and what is remembered between readings."""

from collections.abc import Mapping

import numpy as np

from tidemill.streams.anomalies.batch import Batch
from tidemill.streams.anomalies.columns import Array, SensorColumns
from tidemill.streams.anomalies.scoring import autoregression, expectation, periods, seasons, timing
from tidemill.streams.anomalies.scoring import flatness as flat
from tidemill.streams.anomalies.scoring.expectation import Expectation, expected
from tidemill.streams.anomalies.scoring.flatness import flatness
from tidemill.streams.anomalies.scoring.tails import State, surprise, tail_fills

FIGURES = {"jump": 8, "away": 16, "shift": 24, "noise": 40}
"""Figure -> the readings of a sensor before it is judged."""
PARTS = ("flat", *FIGURES)
ALL = 0.15  # what each part adds to the most surprising one
HALF = 3.8  # the surprise whose score is 0.5: one reading in 720 of a sensor without a fault has more
LARGEST, SMALLEST = 1e30, 1e-12  # numbers that differ beyond these are one
FILLS = {"origin": 0.0, "shift": 0.0, "noise": 0.0, "noise_log": 0.0, "noise_spread": 0.5}


class Scorer:
    """Scores readings of many sensors, one of each at a time, without a look ahead; what it remembers is bounded."""

    def __init__(self) -> None:
        fills = {
            **FILLS,
            **timing.FILLS,
            **seasons.FILLS,
            **periods.FILLS,
            **autoregression.FILLS,
            **expectation.FILLS,
            **flat.FILLS,
        }
        for figure in FIGURES:
            fills |= tail_fills(figure)
        self._small = SensorColumns(**fills)
        self._large = seasons.season_columns()

    def grow(self, sensors: int) -> None:
        """Have a place for so many sensors."""
        self._small.grow(sensors)
        self._large.grow(sensors)

    def scores(self, batch: Batch) -> Array:
        """The score of each reading, 0 to 1; see `score`."""
        return together(self.surprises(batch))

    def surprises(self, batch: Batch) -> Array:
        """How surprising each reading is in each way: -log10 of its likelihood; a row a reading, a column of PARTS."""
        told = np.zeros((len(batch), len(PARTS)))
        sensor: Array | None = None
        for places in batch.rounds():
            if sensor is None:
                sensor = batch.sensor[places]
                # Sensors last: what is done to all of them at once is then done to neighbours in memory.
                state = {name: _sensors_last(self._small[name][sensor]) for name in self._small.fills}
            views = {name: array[..., : len(places)] for name, array in state.items()}
            told[places] = self._step(views, sensor[: len(places)], batch.at[places], batch.value[places])
        if sensor is not None:
            for name, array in state.items():
                self._small[name][sensor] = np.moveaxis(array, -1, 0)
        return told

    def _step(self, state: State, sensor: Array, at: Array, reading: Array) -> Array:
        when = timing.timed(state, sensor, at)
        read = np.clip(reading, -LARGEST, LARGEST)
        # Counted from the first reading, so that small changes of large numbers fit where 32 bits are kept.
        np.copyto(state["origin"], read, where=when.count == 0)
        value = read - state["origin"]
        size = np.maximum(np.abs(read), np.abs(state["origin"])) + SMALLEST
        was = expected(state, self._large, when, value, size)
        warm = when.count > expectation.WARM
        figures = _figures(state, was, value, warm)
        same = (np.abs(value - state["last"]) <= expectation.PRECISION * size) & (when.count > 0)
        parts = [flatness(state, same, warm)]
        for name, figure in figures.items():
            known = when.count > FIGURES[name]
            parts.append(surprise(state, name, np.where(known, figure, 0), known))
        expectation.learn(state, self._large, when, was, value)
        periods.look_for_periods(state, self._large["ring"], when)
        return np.stack(parts, axis=1)

    def kept(self) -> dict[str, Array]:
        """What is remembered."""
        return {**self._small.kept(), **self._large.kept()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take what was kept."""
        self._small.restore(arrays)
        self._large.restore(arrays)


def _sensors_last(array: Array) -> Array:
    return np.ascontiguousarray(np.moveaxis(array, 0, -1))


def _figures(state: State, was: Expectation, value: Array, warm: Array) -> dict[str, Array]:
    """How far off a reading is, each in its own usual deviations.

    jump: from what was expected, or from what the last reading makes of that, whichever is nearer.
    away: from what is usual on the long run; shift: the same on average over the last readings.
    noise: how much more or less than usual the last readings were off.
    """
    off = np.where(warm, (value - was.value) / was.scale, 0)
    off_last = np.where(warm, (value - was.from_last) / was.scale, 0)
    away = (value - was.usual) / was.usual_spread
    shift, noise, log, spread = (state[name] for name in ("shift", "noise", "noise_log", "noise_spread"))
    shift += 0.2 * (np.clip(away, -5, 5) - shift)
    noise += np.where(warm, 0.15, 0) * (np.minimum(np.abs(off), 6) * was.scale / was.spread - noise)
    rise = np.log(np.maximum(noise, 0.02)) - log
    louder = np.abs(rise) / np.maximum(spread, 0.1)
    rate = np.where(warm, np.maximum(1 / (state["count"] + 1), 0.004), 0)
    log += rate * np.clip(rise, -1, 1)
    spread += rate * (np.minimum(np.abs(rise), 1.5) - spread)
    return {
        "jump": np.minimum(np.abs(off), np.abs(off_last)),
        "away": np.abs(away),
        "shift": np.abs(shift),
        "noise": louder,
    }


def together(surprises: Array) -> Array:
    """One score of a reading's surprises: the greatest of them with a part of all, from 0 to 1."""
    told = surprises.max(axis=1) + ALL * surprises.sum(axis=1)
    return told / (told + HALF)
