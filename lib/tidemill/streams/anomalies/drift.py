"""A sensor that moves away from its neighbours."""

import numpy as np

from tidemill.alerts.rules import DriftRule
from tidemill.contract.stream import span
from tidemill.streams.anomalies.batch import Batch
from tidemill.streams.anomalies.columns import Array, SensorColumns
from tidemill.streams.anomalies.detectors import MICROSECOND
from tidemill.streams.anomalies.episodes import Verdicts

NEIGHBOURS = 3  # of two, nobody can say which one drifts
LEARNED = 10  # means before anything is judged
RECENT = 0.3  # weight of the newest mean
DEVIATION = 1.253  # a normal distribution's standard deviation in its mean absolute ones
MOST = 1.0  # deviations by which one mean can move what is usual
LARGEST = 2.0  # mean absolute ones beyond which a deviation teaches no more
STEADY = 3  # times the memory: how long deviations are learned over


class Drift:
    """Sensors against their neighbours.

    Readings are averaged over `every`. When a reading of the next span comes, each sensor's mean is compared with the
    median of all, each one's usual distance taken off. Its distance from that, averaged over the newest spans by
    falling weights (EWMA, Roberts 1959), is judged by the deviation that is usual for it or, where that is more, among
    its neighbours. Both are learned over `memory` and longer from distances that are cut off (Huber), so that a drift
    is not learned as soon as it begins.
    """

    def __init__(self, rule: DriftRule) -> None:
        self._rule = rule
        self._every = span(rule.every) // MICROSECOND
        self._rate = span(rule.every) / span(rule.memory)
        self.columns = SensorColumns(sum=0.0, count=0, usual=0.0, recent=0.0, deviation=0.0, spread=0.0, means=0)
        self.open: dict[str, int] = {}

    def verdicts(self, batch: Batch, pattern: str, members: Array) -> Verdicts:
        """One verdict a sensor and span that has ended; readings of a span that was judged are left out.

        Args:
            batch: readings of the pattern's sensors alone.
            pattern: whose sensors are neighbours.
            members: of all sensors, whether each is one of them.
        """
        spans = batch.at // self._every
        found = []
        for number in np.unique(spans):
            under_way = self.open.get(pattern, int(number))
            if number < under_way:
                continue
            if number > under_way:
                found.append(self._judged(under_way, members))
            self.open[pattern] = int(number)
            of_span = spans == number
            np.add.at(self.columns["sum"], batch.sensor[of_span], batch.value[of_span])
            np.add.at(self.columns["count"], batch.sensor[of_span], 1)
        return _joined(found)

    def line(self, value: float) -> str:
        """As in `moves away from its neighbours, at 51.2`."""
        return f"moves away from its neighbours, at {value:g} on average over {self._rule.every}"

    def _judged(self, number: int, members: Array) -> Verdicts:
        kept = self.columns
        sensor = np.flatnonzero((kept["count"] > 0) & members)
        mean = kept["sum"][sensor] / kept["count"][sensor]
        kept["sum"][sensor] = 0
        kept["count"][sensor] = 0
        end = np.full(len(sensor), (number + 1) * self._every)
        if len(sensor) < NEIGHBOURS:
            sensor, mean, end = sensor[:0], mean[:0], end[:0]
        # What is usual is taken off first: who is warmer by nature moves the median when another one passes it.
        level = mean - kept["usual"][sensor]
        distance = mean - (np.median(level) if len(level) else 0)
        learned = kept["means"][sensor] >= LEARNED
        away, deviations = self._compared(sensor, distance)
        wrong = learned & (deviations > self._rule.above) & (away > self._rule.least)
        signs = np.where(wrong, 1, np.where(deviations < self._rule.above / 2, -1, 0)).astype(np.int8)
        return Verdicts(sensor, end, mean, signs, away, since=end - self._every)

    def _compared(self, sensor: Array, distance: Array) -> tuple[Array, Array]:
        """How far each is from its usual distance, in the value's unit and in deviations; and learn from it."""
        kept = self.columns
        count = kept["means"][sensor]
        usual, deviation, spread = (kept[name][sensor] for name in ("usual", "deviation", "spread"))
        off = distance - usual
        recent = kept["recent"][sensor] + np.maximum(RECENT, 1 / (count + 1)) * (off - kept["recent"][sensor])
        floor = 1e-9 * (1 + np.abs(distance))
        # A sensor that was near its neighbours by chance is judged by what is usual among them.
        common = np.maximum(spread, spread.mean() if len(spread) else 0)
        deviations = np.abs(recent) / np.maximum(DEVIATION * common, floor)
        # What is told of becomes usual in time, or the alert would stay for ever.
        free = (count < LEARNED) | (deviations > self._rule.above)
        cut = np.where(free, np.inf, MOST * np.maximum(DEVIATION * deviation, floor))
        step = np.maximum(self._rate, 1 / (count + 1)) * np.clip(off, -cut, cut)
        kept["usual"][sensor] = usual + step
        kept["recent"][sensor] = recent - step
        # The first mean deviates from nothing.
        rate = np.where(count == 0, 0, np.maximum(self._rate / STEADY, 1 / np.maximum(count, 1)))
        for name, value in (("deviation", np.abs(off)), ("spread", np.abs(recent))):
            known = kept[name][sensor]
            most = np.where(count < LEARNED, np.inf, LARGEST * np.maximum(known, floor))
            kept[name][sensor] = known + rate * (np.minimum(value, most) - known)
        kept["means"][sensor] = count + 1
        return np.abs(recent), deviations


def _joined(found: list[Verdicts]) -> Verdicts:
    if not found:
        nothing = np.empty(0)
        whole = np.empty(0, np.int64)
        return Verdicts(whole, whole, nothing, np.empty(0, np.int8), nothing, since=whole)
    names = ("sensor", "at", "value", "wrong", "badness", "since")
    # The order of sensor and time: spans follow each other.
    order = np.argsort(np.concatenate([one.sensor for one in found]), kind="stable")
    return Verdicts(**{name: np.concatenate([getattr(one, name) for one in found])[order] for name in names})
