"""What the demo's sensors send: three weeks of real weather, then sixty hours in which two of them are out of order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd

from tidemill.demo.readings import load_readings

DATASET = "weather_sensors"
QUANTITIES = ("temp", "dewp", "humid", "pressure", "wind_speed")
HOUR = timedelta(hours=1)

# A calm stretch of summer: as the stations sent them, these hours open no alert.
LIVE_FROM = datetime(2013, 8, 4, tzinfo=UTC)
HISTORY_FROM = LIVE_FROM - timedelta(days=21)
LIVE_HOURS = 60
LIVE_UNTIL = LIVE_FROM + LIVE_HOURS * HOUR
SPEED = 3600
"""The live part is sent so many times faster than real time: an hour a second."""


@dataclass(frozen=True)
class SensorFault:
    """One sensor out of order for a while, and the rule of conf/alerts that must tell of it.

    Attributes:
        station, quantity: the sensor.
        began: the event time of the first wrong reading, UTC.
        hours: how many readings are wrong.
        raised_by: what is added to them, in the unit that is sent; None: they repeat the first.
        rule: the rule's name.
        shown_after: how long after `began` the reading is that shows it.
        words: what is wrong.
    """

    station: str
    quantity: str
    began: datetime
    hours: int
    raised_by: float | None
    rule: str
    shown_after: timedelta
    words: str

    @property
    def sensor(self) -> str:
        """As alerts name it."""
        return f"{self.station}/{self.quantity}"

    @property
    def until(self) -> datetime:
        """The event time from which on it sends right readings again."""
        return self.began + self.hours * HOUR

    @property
    def shown_at(self) -> datetime:
        """The event time of the reading without which nobody can know."""
        return self.began + self.shown_after


FAULTS = (
    SensorFault(
        *("EWR", "temp", LIVE_FROM + 16 * HOUR, 1, 30.0, "fast_temp", 0 * HOUR),
        "one reading is 30 °F too high",
    ),
    SensorFault(
        *("LGA", "humid", LIVE_FROM + 26 * HOUR, 14, None, "stuck_humid", 9 * HOUR),
        "14 readings repeat one value",
    ),
)


@dataclass(frozen=True)
class Message:
    """What one station sends at one hour.

    Attributes:
        at: the event time, UTC.
        station: the airport.
        values: by quantity, in the unit that is sent; what was not measured is left out.
    """

    at: datetime
    station: str
    values: Mapping[str, float]

    @property
    def topic(self) -> str:
        """Where it is published."""
        return f"weather/{self.station}"

    @property
    def payload(self) -> bytes:
        """JSON, as the contract reads it."""
        return json.dumps({"time_hour": self.at.isoformat().replace("+00:00", "Z"), **self.values}).encode()


def messages(faults: Sequence[SensorFault] = FAULTS) -> tuple[list[Message], list[Message]]:
    """The history, and the live part with its faults; both in the order of time, the same each time.

    Args:
        faults: to put in.
    """
    readings = with_faults(load_readings(), faults)
    sent = [
        Message(
            _moment(row["time_hour"]), row["origin"], {name: row[name] for name in QUANTITIES if row[name] == row[name]}
        )
        for row in readings[["time_hour", "origin", *QUANTITIES]].to_dict("records")
    ]
    history = [message for message in sent if HISTORY_FROM <= message.at < LIVE_FROM]
    return history, [message for message in sent if LIVE_FROM <= message.at < LIVE_UNTIL]


def with_faults(readings: pd.DataFrame, faults: Sequence[SensorFault]) -> pd.DataFrame:
    """The readings, those of the faults made wrong.

    Args:
        readings: see `load_readings`.
        faults: whose first reading is there.
    """
    wrong = readings.copy()
    at = pd.to_datetime(wrong["time_hour"], utc=True)
    for fault in faults:
        there = (wrong["origin"] == fault.station) & (at >= fault.began) & (at < fault.until)
        values = wrong.loc[there, fault.quantity]
        wrong.loc[there, fault.quantity] = values.iloc[0] if fault.raised_by is None else values + fault.raised_by
    return wrong


def count(sent: Sequence[Message]) -> int:
    """How many readings the messages carry."""
    return sum(len(message.values) for message in sent)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
