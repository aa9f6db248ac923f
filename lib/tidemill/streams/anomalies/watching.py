"""One rule at work: what it finds, its alerts, and what both must remember."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from tidemill.alerts.events import AlertEvent
from tidemill.alerts.rules import AnomalyRule, DriftRule, RateRule, Rule, SilentRule, StuckRule, ThresholdRule, matches
from tidemill.streams.anomalies.batch import Batch, Sensors
from tidemill.streams.anomalies.columns import Array, SensorColumns
from tidemill.streams.anomalies.detectors import Anomaly, Detector, Rate, Stuck, Threshold
from tidemill.streams.anomalies.drift import Drift
from tidemill.streams.anomalies.episodes import Episodes
from tidemill.streams.anomalies.silence import SOURCE, Silence

Told = dict[str, Any]
Arrays = dict[str, Array]


class Watch:
    """A rule, the alerts it has opened, and what it knows of each sensor."""

    def __init__(self, rule: Rule, columns: SensorColumns, episodes: Episodes) -> None:
        self.rule = rule
        self.columns = columns
        self.episodes = episodes

    def observe(self, batch: Batch, scores: Array | None, sensors: Sensors, now: int) -> list[AlertEvent]:
        """Open and close alerts by a batch of the rule's sensors.

        Args:
            batch: may be empty.
            scores: of an anomaly, of each reading.
            sensors: with each one's newest reading before this batch.
            now: the clock, microseconds since 1970.
        """
        raise NotImplementedError

    def parted(self, chosen: Array) -> Episodes:
        """Let go of the sensors that the rule is not about, and return what is under way of them.

        Args:
            chosen: by number, whether it is about the sensor.
        """
        return self.episodes.parted([name for name in self.episodes.running if not matches(name, self.rule.sensors)])

    def forget_alerts(self) -> None:
        """Keep what is usual and forget what is wrong."""
        self.episodes.running = {}

    def kept(self) -> tuple[Told, Arrays]:
        """What must be known to go on."""
        return {"running": self.episodes.kept()}, self.columns.kept()

    def restore(self, told: Told, arrays: Mapping[str, Array]) -> None:
        """Take what was kept."""
        self.episodes.restore(told["running"])
        self.columns.restore(arrays)


class ReadingsWatch(Watch):
    """A rule that judges each reading."""

    def __init__(self, rule: Rule, detector: Detector, episodes: Episodes) -> None:
        super().__init__(rule, detector.columns, episodes)
        self._detector = detector

    def observe(self, batch: Batch, scores: Array | None, sensors: Sensors, now: int) -> list[AlertEvent]:
        """Judge the readings."""
        self.columns.grow(len(sensors))
        return self.episodes.take(self._detector.verdicts(batch, scores), sensors, now, self._detector.line)


class DriftWatch(Watch):
    """A rule that judges sensors by their neighbours."""

    def __init__(self, dataset: str, rule: DriftRule) -> None:
        self._drift = Drift(rule)
        super().__init__(rule, self._drift.columns, Episodes(dataset, rule))
        self._members: dict[str, Array] = {}

    def observe(self, batch: Batch, scores: Array | None, sensors: Sensors, now: int) -> list[AlertEvent]:
        """Compare the sensors of each pattern."""
        self.columns.grow(len(sensors))
        events = []
        for pattern, members in self._groups(sensors).items():
            found = self._drift.verdicts(batch.only(members[batch.sensor]), pattern, members)
            events += self.episodes.take(found, sensors, now, self._drift.line)
        return events

    def _groups(self, sensors: Sensors) -> dict[str, Array]:
        """Pattern -> which sensors are its; one that several take in is the first's."""
        known = len(next(iter(self._members.values()), ()))
        if known < len(sensors):
            left = sensors.names[known:]
            taken = np.zeros(len(left), bool)
            for pattern in self.rule.sensors:
                new = np.array([matches(name, (pattern,)) for name in left], bool) & ~taken
                taken |= new
                self._members[pattern] = np.append(self._members.get(pattern, np.empty(0, bool)), new)
        return self._members

    def kept(self) -> tuple[Told, Arrays]:
        """The spans under way too."""
        told, arrays = super().kept()
        return {**told, "open": self._drift.open}, arrays

    def restore(self, told: Told, arrays: Mapping[str, Array]) -> None:
        """Take what was kept."""
        super().restore(told, arrays)
        self._drift.open = dict(told["open"])


class SilenceWatch(Watch):
    """A rule that judges what does not come."""

    def __init__(self, dataset: str, rule: SilentRule) -> None:
        self._silence = Silence(dataset, rule)
        super().__init__(rule, self._silence.columns, self._silence.episodes)

    def observe(self, batch: Batch, scores: Array | None, sensors: Sensors, now: int) -> list[AlertEvent]:
        """Judge the sensors and the source."""
        self.columns.grow(len(sensors))
        return self._silence.observe(batch, sensors, now)

    def parted(self, chosen: Array) -> Episodes:
        """The source is the rule's as long as one of its sensors is."""
        member = self.columns["member"]
        member &= chosen[: len(member)]
        source = self.episodes.running.pop(SOURCE, None) if member.any() else None
        parted = super().parted(chosen)
        if source is not None:
            self.episodes.running[SOURCE] = source
        return parted

    def kept(self) -> tuple[Told, Arrays]:
        """How far the stream is too."""
        told, arrays = super().kept()
        return {**told, **self._silence.kept()}, arrays

    def restore(self, told: Told, arrays: Mapping[str, Array]) -> None:
        """Take what was kept."""
        super().restore(told, arrays)
        self._silence.restore({name: value for name, value in told.items() if name != "running"})


def watch_of(dataset: str, rule: Rule) -> Watch:
    """The rule at work, knowing nothing yet."""
    match rule:
        case DriftRule():
            return DriftWatch(dataset, rule)
        case SilentRule():
            return SilenceWatch(dataset, rule)
        case StuckRule():
            return ReadingsWatch(rule, Stuck(rule), Episodes(dataset, rule))
        case ThresholdRule():
            detector: Detector = Threshold(rule)
        case RateRule():
            detector = Rate(rule)
        case AnomalyRule():
            detector = Anomaly(rule)
    return ReadingsWatch(rule, detector, Episodes(dataset, rule, rule.duration))


def rule_of(kept: Told) -> Rule:
    """A rule out of what was kept of it."""
    # Earlier versions took a settle of silence, and made nothing of it.
    told = {**kept, "settle": None} if kept["kind"] == "silent" else kept
    return TypeAdapter(Rule).validate_python(told)
