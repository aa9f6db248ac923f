"""Judge a stream's readings by its rules, a micro-batch at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from tidemill.alerts.events import AlertEvent
from tidemill.alerts.rules import AnomalyRule, Rule, matches
from tidemill.streams.anomalies.batch import Batch, Sensors, batch_of, microseconds
from tidemill.streams.anomalies.columns import Array, from_bytes, to_bytes
from tidemill.streams.anomalies.episodes import Episodes
from tidemill.streams.anomalies.scoring import Scorer
from tidemill.streams.anomalies.watching import Told, Watch, rule_of, watch_of

AHEAD = timedelta(hours=1)
"""A reading further ahead of the clock than this is not judged: its sensor's clock is wrong."""
RULE_GONE, RULE_NARROWED = "the rule is gone", "the rule is not about this sensor any more"


class Watcher:
    """The alerts of one stream.

    Readings of a micro-batch may come in any order; each rule sees those of a sensor in the order of time. A reading
    that is not newer than its sensor's newest of an earlier batch comes late: it reaches silver and its window, but
    neither opens nor closes an alert, as what it says is over. So does a reading without a finite value, one more than
    an hour ahead of the clock, and a second one of the same time.

    A stream keeps `to_bytes()` with each committed batch. After a kill it starts from the newest kept one, observes the
    same batch again, and gets the same events with the same alert_ids.

    Args:
        dataset: whose readings.
        rules: see `tidemill.alerts.rules`.
        state: of `to_bytes`; none: nothing is known yet.

    Raises:
        UnknownState: the state is of another version.
    """

    def __init__(self, dataset: str, rules: Sequence[Rule], state: bytes | None = None) -> None:
        self.dataset = dataset
        self.sensors = Sensors()
        self.late = 0
        self._scorer = Scorer()
        self._watches: dict[str, Watch] = {}
        self._gone: list[tuple[Episodes, str]] = []
        self._of: dict[str, Array] = {}
        self.use(rules)
        if state is not None:
            self._restore(state)

    @classmethod
    def from_bytes(cls, dataset: str, rules: Sequence[Rule], state: bytes) -> "Watcher":
        """A watcher that goes on from a kept state; see `Watcher`."""
        return cls(dataset, rules, state)

    def use(self, rules: Sequence[Rule]) -> None:
        """Judge by these rules from the next batch on.

        A rule that stays under its name and kind goes on with what it knows. The next batch closes what is open of one
        that is gone, and of sensors that a rule is not about any more.
        """
        before, self._watches, self._of = self._watches, {}, {}
        for rule in rules:
            watch = watch_of(self.dataset, rule)
            old = before.get(rule.name)
            if old is not None and old.rule.kind == rule.kind:
                self._hand_on(watch, *old.kept())
                del before[rule.name]
            self._watches[rule.name] = watch
        self._gone += [(old.episodes, RULE_GONE) for old in before.values()]

    def observe(self, readings: Any, now: datetime) -> list[AlertEvent]:
        """Judge one micro-batch; an empty one too, now and then, so that a source that stopped is told of.

        Args:
            readings: a pyarrow table or pandas frame: sensor string (the entity's values with / between), at timestamp
                (UTC), value double; without the readings that were delivered again.
            now: the clock, with a zone.

        Returns:
            What opened and closed, in the order of when it began.

        Raises:
            NotReadings: the columns are others.
        """
        clock = microseconds(now)
        batch = batch_of(readings, self.sensors, clock + AHEAD // timedelta(microseconds=1))
        self.late += batch.late
        scores = self._scores(batch)
        events = [event for gone, why in self._gone for event in gone.ended(clock, why)]
        self._gone = []
        for watch in self._watches.values():
            chosen = self._chosen(watch)[batch.sensor]
            whole = bool(chosen.all())
            some = batch if whole else batch.only(chosen)
            found = watch.observe(some, scores if whole or scores is None else scores[chosen], self.sensors, clock)
            events += found
        self.sensors.heard_of(batch)
        return sorted(events, key=lambda event: (event.event_at, event.rule, event.sensor, event.event != "closed"))

    def learn(self, readings: Any, now: datetime) -> None:
        """Take readings of the past, as from silver, to know what is usual; what they open is not told of."""
        self.observe(readings, now)
        for watch in self._watches.values():
            watch.forget_alerts()

    @property
    def owing(self) -> bool:
        """Whether the next batch closes alerts, readings or not."""
        return any(episodes.running for episodes, _ in self._gone)

    def followed(self) -> set[str]:
        """The alert_id of each fault under way."""
        return set().union(*(watch.episodes.identities() for watch in self._watches.values()))

    def _scores(self, batch: Batch) -> Array | None:
        scored = [self._chosen(watch) for watch in self._watches.values() if isinstance(watch.rule, AnomalyRule)]
        if not scored:
            return None
        chosen = np.logical_or.reduce(scored)[batch.sensor]
        scores = np.zeros(len(batch))
        self._scorer.grow(len(self.sensors))
        scores[chosen] = self._scorer.scores(batch.only(chosen))
        return scores

    def _chosen(self, watch: Watch) -> Array:
        """Which sensors a rule is about."""
        rule = watch.rule
        known = self._of.get(rule.name, np.empty(0, bool))
        new = [matches(name, rule.sensors) for name in self.sensors.names[len(known) :]]
        if new:
            known = self._of[rule.name] = np.append(known, new)
        return known

    def to_bytes(self) -> bytes:
        """All that must be known to go on; the same state gives the same bytes."""
        told: dict[str, Any] = {"sensors": self.sensors.names, "late": self.late, "rules": {}}
        arrays = {f"sensors.{name}": array for name, array in self.sensors.columns.kept().items()}
        arrays |= {f"scorer.{name}": array for name, array in self._scorer.kept().items()}
        for name, watch in self._watches.items():
            rule_told, rule_arrays = watch.kept()
            told["rules"][name] = {"rule": watch.rule.model_dump(by_alias=True), "told": rule_told}
            arrays |= {f"rule.{name}.{key}": array for key, array in rule_arrays.items()}
        return to_bytes(told, arrays)

    def _restore(self, state: bytes) -> None:
        told, arrays = from_bytes(state)
        self.sensors.numbers(told["sensors"])
        self.sensors.columns.restore(_under("sensors.", arrays))
        self.late = told["late"]
        self._scorer.restore(_under("scorer.", arrays))
        for name, kept in told["rules"].items():
            watch, own = self._watches.get(name), _under(f"rule.{name}.", arrays)
            if watch is not None and watch.rule.kind == kept["rule"]["kind"]:
                self._hand_on(watch, kept["told"], own)
            else:
                gone = watch_of(self.dataset, rule_of(kept["rule"]))
                gone.restore(kept["told"], own)
                self._gone.append((gone.episodes, RULE_GONE))

    def _hand_on(self, watch: Watch, told: Told, arrays: Mapping[str, Array]) -> None:
        """Have a rule go on with what is known, as far as its sensors go."""
        watch.restore(told, arrays)
        self._gone.append((watch.parted(self._chosen(watch)), RULE_NARROWED))


def _under(prefix: str, arrays: dict[str, Array]) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
