"""One alert a fault: what a rule finds at single readings becomes alerts that open, last and close."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from tidemill.alerts.events import AlertEvent, alert_id
from tidemill.alerts.rules import Rule
from tidemill.streams.anomalies.batch import Sensors, moment
from tidemill.streams.anomalies.columns import Array

SECOND = 1_000_000


@dataclass(frozen=True)
class Verdicts:
    """What a rule finds at readings, in the order of sensor and time.

    Attributes:
        sensor, at, value: the readings.
        wrong: 1 where the fault is there, -1 where it is not, 0 where it stays as it was.
        badness: how far from right; the greatest is an alert's worst.
        score: of an anomaly.
        since: where the fault began, if before the reading.
    """

    sensor: Array
    at: Array
    value: Array
    wrong: Array
    badness: Array
    score: Array | None = None
    since: Array | None = None


@dataclass
class Episode:
    """A fault under way: where it began, and whether it is told of."""

    began: int
    worst: float | None
    badness: float
    score: float | None = None
    told: bool = False
    over: int | None = None
    over_value: float | None = None


class Episodes:
    """The faults under way of one rule.

    Args:
        dataset: whose readings.
        rule: what is wrong with them.
        lasting: how long a fault must be there before it is told of.
    """

    def __init__(self, dataset: str, rule: Rule, lasting: timedelta = timedelta(0)) -> None:
        self.dataset = dataset
        self.rule = rule
        self._lasting = lasting // timedelta(microseconds=1)
        self._settling = rule.settling // timedelta(microseconds=1)
        self.running: dict[str, Episode] = {}

    def take(self, verdicts: Verdicts, sensors: Sensors, now: int, line: Callable[[float], str]) -> list[AlertEvent]:
        """Open and close alerts by what was found.

        Args:
            verdicts: newer than all that were taken before.
            sensors: by whose numbers the verdicts are.
            now: microseconds since 1970.
            line: what is wrong with a value, in words.
        """
        concerned = np.zeros(len(sensors), bool)
        concerned[verdicts.sensor[verdicts.wrong > 0]] = True
        concerned[sensors.numbers(list(self.running))] = True
        events = []
        # Few sensors are wrong at a time; the others cost nothing here.
        for place in np.flatnonzero(concerned[verdicts.sensor]):
            name = sensors.names[verdicts.sensor[place]]
            found = self._step(verdicts, int(place), name, now, line)
            if found is not None:
                events.append(found)
        return events

    def _step(
        self, verdicts: Verdicts, place: int, name: str, now: int, line: Callable[[float], str]
    ) -> AlertEvent | None:
        wrong = verdicts.wrong[place]
        at, value = int(verdicts.at[place]), float(verdicts.value[place])
        episode = self.running.get(name)
        if wrong > 0:
            if episode is None:
                since = at if verdicts.since is None else int(verdicts.since[place])
                episode = self.running[name] = Episode(since, value, float(verdicts.badness[place]))
            episode.over = None
            self._worsen(episode, verdicts, place)
        if episode is None:
            return None
        if wrong >= 0:
            if not episode.told and at - episode.began >= self._lasting:
                return self.opened(name, at, now, line)
            return None
        if not episode.told:
            del self.running[name]
            return None
        if episode.over is None:
            episode.over, episode.over_value = at, value
        return self.closed(name, now) if at - episode.over >= self._settling else None

    @staticmethod
    def _worsen(episode: Episode, verdicts: Verdicts, place: int) -> None:
        badness = float(verdicts.badness[place])
        if badness >= episode.badness:
            episode.badness, episode.worst = badness, float(verdicts.value[place])
        if verdicts.score is not None:
            episode.score = max(episode.score or 0.0, float(verdicts.score[place]))

    def opened(self, name: str, noticed: int, now: int, line: Callable[[float], str]) -> AlertEvent:
        """Tell of a fault for the first time; `noticed` is the event time at which it could be known."""
        episode = self.running[name]
        episode.told = True
        value = np.nan if episode.worst is None else episode.worst
        text = self._message(name, value, episode.began) or f"{name}: {line(value)}"
        details = {"noticed": moment(noticed).isoformat()}
        return self._event("opened", name, episode, now, episode.began, episode.worst, text, details)

    def closed(self, name: str, now: int, why: str = "") -> AlertEvent:
        """Tell that a fault is over."""
        episode = self.running.pop(name)
        over = episode.over if episode.over is not None else now
        lasted = max(over - episode.began, 0) / SECOND
        text = f"{name}: {self.rule.name} is over after {timedelta(seconds=round(lasted))}{why}"
        details = {"began": moment(episode.began).isoformat(), "lasted_seconds": f"{lasted:.0f}"}
        if episode.worst is not None:
            details["worst"] = repr(episode.worst)
        return self._event("closed", name, episode, now, over, episode.over_value, text, details)

    def ended(self, now: int, why: str) -> list[AlertEvent]:
        """Close all that is open, whether or not the fault is over."""
        told = [name for name, episode in self.running.items() if episode.told]
        return [self.closed(name, now, f"; {why}") for name in told]

    def parted(self, names: Collection[str]) -> "Episodes":
        """The faults of these sensors, which are no longer among these here."""
        parted = Episodes(self.dataset, self.rule)
        parted.running = {name: self.running.pop(name) for name in names}
        return parted

    def identities(self) -> set[str]:
        """The alert_id of each fault under way, told of or not."""
        return {self._identity(name, episode) for name, episode in self.running.items()}

    def _event(
        self,
        event: Any,
        name: str,
        episode: Episode,
        now: int,
        event_at: int,
        value: float | None,
        text: str,
        details: Mapping[str, str],
    ) -> AlertEvent:
        identity = self._identity(name, episode)
        about = (self.dataset, self.rule.name, self.rule.kind, name, self.rule.severity)
        return AlertEvent(identity, event, moment(now), *about, moment(event_at), value, episode.score, text, details)

    def _identity(self, name: str, episode: Episode) -> str:
        return alert_id(self.dataset, self.rule.name, name, moment(episode.began))

    def _message(self, name: str, value: float, began: int) -> str:
        since = f"{moment(began):%Y-%m-%d %H:%M:%S} UTC"
        return self.rule.message.format(
            sensor=name, value=value, rule=self.rule.name, dataset=self.dataset, since=since
        )

    def kept(self) -> dict[str, Any]:
        """What is under way, as JSON can hold it."""
        return {name: asdict(episode) for name, episode in self.running.items()}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take what was kept."""
        self.running = {name: Episode(**episode) for name, episode in kept.items()}
