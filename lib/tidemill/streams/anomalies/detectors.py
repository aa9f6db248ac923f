"""What a threshold, a rate and a stuck rule find at each reading."""

from datetime import timedelta
from typing import Protocol

import numpy as np

from tidemill.alerts.rules import AnomalyRule, RateRule, StuckRule, ThresholdRule
from tidemill.contract.stream import span
from tidemill.streams.anomalies.batch import NEVER, Batch
from tidemill.streams.anomalies.columns import Array, SensorColumns
from tidemill.streams.anomalies.episodes import Verdicts

MICROSECOND = timedelta(microseconds=1)


class Detector(Protocol):
    """What one rule finds; what it must remember of each sensor is in `columns`."""

    columns: SensorColumns

    def verdicts(self, batch: Batch, scores: Array | None) -> Verdicts:
        """What is wrong at each reading, newer than all before."""

    def line(self, value: float) -> str:
        """What is wrong with a value, in words."""


class Threshold:
    """A value behind a bound, until it is back behind another (hysteresis)."""

    def __init__(self, rule: ThresholdRule) -> None:
        self.columns = SensorColumns()
        self._above = rule.above is not None
        bound = rule.above if rule.above is not None else rule.below
        assert bound is not None  # noqa: S101 - the rule says so
        self._bound = bound
        self._clear = bound if rule.clear is None else rule.clear

    def verdicts(self, batch: Batch, scores: Array | None) -> Verdicts:
        """1 behind the bound, -1 back behind `clear`, 0 between them."""
        sign = 1 if self._above else -1
        beyond = sign * (batch.value - self._bound)
        back = sign * (batch.value - self._clear) <= 0
        return Verdicts(batch.sensor, batch.at, batch.value, _signs(beyond > 0, back), beyond)

    def line(self, value: float) -> str:
        """As in `104 is above 100`."""
        return f"{value:g} is {'above' if self._above else 'below'} {self._bound:g}"


class Rate:
    """A change from one reading to the next that is too fast."""

    def __init__(self, rule: RateRule) -> None:
        self.columns = SensorColumns()
        self._rule = rule
        self._per = span(rule.per) / MICROSECOND

    def verdicts(self, batch: Batch, scores: Array | None) -> Verdicts:
        """1 where the change since the reading before is too fast."""
        known = batch.previous_at > NEVER
        change = np.where(known, batch.value - batch.previous_value, 0)
        rate = change * self._per / np.where(known, batch.at - batch.previous_at, 1)
        sign = {"up": 1, "down": -1, "both": np.sign(rate)}[self._rule.direction]
        fast = (sign * rate > self._rule.change) & (np.abs(change) > self._rule.least)
        return Verdicts(batch.sensor, batch.at, batch.value, _signs(fast, ~fast), sign * rate)

    def line(self, value: float) -> str:
        """As in `changes by more than 15 in 1 hour, to 71`."""
        return f"changes by more than {self._rule.change:g} in {self._rule.per}, to {value:g}"


class Stuck:
    """A value that stays the same for too long or too often."""

    def __init__(self, rule: StuckRule) -> None:
        self.columns = SensorColumns(value=np.nan, since=NEVER, readings=0)
        self._rule = rule
        self._duration = rule.duration // MICROSECOND

    def verdicts(self, batch: Batch, scores: Array | None) -> Verdicts:
        """1 where the stretch of the same value is long enough."""
        since, length = np.empty_like(batch.at), np.empty_like(batch.at)
        kept = self.columns
        for place in batch.rounds():
            sensor, value = batch.sensor[place], batch.value[place]
            same = np.abs(value - kept["value"][sensor]) <= self._rule.tolerance
            kept["value"][sensor] = np.where(same, kept["value"][sensor], value)
            kept["since"][sensor] = since[place] = np.where(same, kept["since"][sensor], batch.at[place])
            kept["readings"][sensor] = length[place] = np.where(same, kept["readings"][sensor] + 1, 1)
        stuck = (batch.at - since >= self._duration) & (length >= (self._rule.readings or 2))
        for usual in self._rule.usual:
            stuck &= np.abs(batch.value - usual) > self._rule.tolerance
        badness = (batch.at - since).astype(float)
        return Verdicts(batch.sensor, batch.at, batch.value, _signs(stuck, ~stuck), badness, since=since)

    def line(self, value: float) -> str:
        """As in `stays at 51.2 for 12 hours or longer`."""
        times = f"{self._rule.readings} readings" if self._rule.readings else ""
        return f"stays at {value:g} for {' and '.join(filter(None, (self._rule.lasting, times)))} or longer"


class Anomaly:
    """A reading that is unlikely by the sensor's own past."""

    def __init__(self, rule: AnomalyRule) -> None:
        self.columns = SensorColumns(readings=0)
        self._rule = rule

    def verdicts(self, batch: Batch, scores: Array | None) -> Verdicts:
        """1 where the score is high, once enough was learned from."""
        assert scores is not None  # noqa: S101 - the watcher scores where such a rule is
        starts = np.flatnonzero(batch.first)
        counts = np.diff(np.append(starts, len(batch)))
        before = np.repeat(self.columns["readings"][batch.sensor[starts]] - starts, counts) + np.arange(len(batch))
        self.columns["readings"][batch.sensor[starts]] += counts
        high = (scores > self._rule.above) & (before >= self._rule.warm_up)
        return Verdicts(batch.sensor, batch.at, batch.value, _signs(high, scores < self._rule.cleared), scores, scores)

    def line(self, value: float) -> str:
        """As in `71 is unlikely after what was read before`."""
        return f"{value:g} is unlikely after what was read before"


def _signs(wrong: Array, right: Array) -> Array:
    return np.where(wrong, 1, np.where(right, -1, 0)).astype(np.int8)
