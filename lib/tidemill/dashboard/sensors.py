"""Every sensor with its state: alerting, silent, late or ok, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from tidemill.alerts import CurrentAlert
from tidemill.contract import Contract
from tidemill.contract.stream import span
from tidemill.dashboard.board import Board
from tidemill.dashboard.live import Reading
from tidemill.dashboard.windows import Latest, latest
from tidemill.dashboard.words import length

State = Literal["alerting", "silent", "late", "ok"]
STATES: tuple[State, ...] = get_args(State)
# A sensor that was not heard of for as many days is not listed.
DAYS = 30
# How many of its usual gaps a sensor may be overdue, and the least time that counts.
LATE, SILENT = 3, 10
SHORTEST = timedelta(minutes=2)


@dataclass(frozen=True)
class Sensor:
    """One sensor as it is now.

    Attributes:
        dataset, name: whose; the entity's values with / between.
        state: alerting where an alert is open; silent where no reading came for long; late where the newest came late
            or the next is overdue; else ok.
        reason: the state in words; empty where it is ok.
        value, unit: of the newest reading.
        seen: the newest reading's time, UTC.
        windowed: whether `value` is of the windows and thus in their unit.
    """

    dataset: str
    name: str
    state: State
    reason: str
    value: float | None
    unit: str | None
    seen: datetime


def sensors(board: Board, contract: Contract) -> list[Sensor]:
    """The sensors of a dataset that were heard of within DAYS: the worst state first, then by name."""
    return sorted(_judged(board, contract), key=lambda sensor: (STATES.index(sensor.state), sensor.name))


def sensor_named(board: Board, contract: Contract, name: str) -> Sensor | None:
    """One sensor of a dataset; None where it was not heard of within DAYS."""
    return next(iter(_judged(board, contract, name)), None)


def _judged(board: Board, contract: Contract, only: str | None = None) -> list[Sensor]:
    ends = board.live(contract).ends(board.now())
    known = latest(board.tables, contract, ends, DAYS)
    newest = board.live(contract).newest(board.now())
    open_alerts: dict[str, list[CurrentAlert]] = {}
    for alert in board.alerts():
        if alert.is_open and alert.dataset == contract.name:
            open_alerts.setdefault(alert.sensor, []).append(alert)
    names = {*known, *newest} if only is None else {only} & {*known, *newest}
    return [
        _sensor(contract, name, known.get(name), newest.get(name), open_alerts.get(name, ()), ends) for name in names
    ]


def matching(among: Iterable[Sensor], state: str | None, text: str) -> list[Sensor]:
    """The sensors in a state (None: in any) whose name has each of the text's words in it, whatever their case."""
    words = text.casefold().split()
    return [
        sensor
        for sensor in among
        if (state is None or sensor.state == state) and all(word in sensor.name.casefold() for word in words)
    ]


def unit_of(contract: Contract, sensor: str) -> str | None:
    """What a sensor's windows are measured in."""
    assert contract.stream is not None  # noqa: S101
    unit = delivered_unit(contract, sensor)
    return contract.stream.convert.get(unit, unit) if unit else None


def delivered_unit(contract: Contract, sensor: str) -> str | None:
    """What a sensor's readings in silver are measured in."""
    assert contract.stream is not None  # noqa: S101
    unit: str | Mapping[str, str] | None = contract.stream.unit
    return unit.get(sensor.rpartition("/")[2]) if isinstance(unit, Mapping) else unit


def as_windows(contract: Contract, sensor: str) -> bool:
    """Whether readings in silver are what windows are made of: neither converted nor calibrated."""
    assert contract.stream is not None  # noqa: S101
    return contract.stream.calibration is None and unit_of(contract, sensor) == delivered_unit(contract, sensor)


def _sensor(
    contract: Contract,
    name: str,
    known: Latest | None,
    newest: Reading | None,
    alerts: Sequence[CurrentAlert],
    ends: datetime,
) -> Sensor:
    seen = max(reading.at for reading in (known, newest) if reading is not None)
    live = newest is not None and newest.at == seen and (known is None or as_windows(contract, name))
    value = newest.value if live and newest else known.value if known else None
    unit = (known.unit if known else None) or unit_of(contract, name)
    if not known and not as_windows(contract, name):
        unit = delivered_unit(contract, name)
    state, reason = _state(contract, known, newest, alerts, ends - seen)
    return Sensor(contract.name, name, state, reason, value, unit, seen)


def _state(
    contract: Contract, known: Latest | None, newest: Reading | None, alerts: Sequence[CurrentAlert], age: timedelta
) -> tuple[State, str]:
    told = next((alert for alert in alerts if alert.kind != "silent"), None)
    if told is not None:
        return "alerting", told.text or told.rule
    gap = timedelta(seconds=known.gap) if known and known.gap else None
    usual = f"; one usually comes every {length(gap)}" if gap else ""
    if alerts:
        return "silent", alerts[0].text or alerts[0].rule
    if gap is not None and age > max(SILENT * gap, SHORTEST):
        return "silent", f"no reading for {length(age)}{usual}"
    if gap is not None and age > max(LATE * gap, SHORTEST / 2):
        return "late", f"no reading for {length(age)}{usual}"
    assert contract.stream is not None  # noqa: S101
    if newest and newest.loaded_at and newest.loaded_at - newest.at > span(contract.stream.grace):
        return "late", f"the newest reading came {length(newest.loaded_at - newest.at)} after its time"
    return "ok", ""
