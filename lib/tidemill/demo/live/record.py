"""What the live minute did, kept beside the page that tells of it."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from tidemill.alerts import CurrentAlert
from tidemill.config import Config
from tidemill.demo.landing import deliver, local_folder
from tidemill.demo.live.sensors import FAULTS


class Seen(BaseModel):
    """When one alert's cause was sent, and when the alert was there to be read; UTC.

    Attributes:
        published_at: of the reading that shows the fault.
        seen_at: in ops.alert_events.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    published_at: datetime
    seen_at: datetime

    @property
    def delay(self) -> float:
        """Seconds from one to the other."""
        return (self.seen_at - self.published_at).total_seconds()


class LiveRecord(BaseModel):
    """One live minute.

    Attributes:
        history, live: readings published before and during it.
        began_at: when the first of the live ones was sent.
        seconds: how long the live ones took.
        seen: by alert_id, the alerts that it opened.
        sent_again: when the live ones were last sent again and taken as duplicates; None: never.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    history: int
    live: int
    began_at: datetime
    seconds: float
    seen: dict[str, Seen]
    sent_again: datetime | None = None


def read_record(config: Config) -> LiveRecord | None:
    """The record of this home's last live minute; None where there is none, or none that can be read."""
    try:
        return LiveRecord.model_validate_json(_place(config).read_bytes())
    except (OSError, ValidationError):
        return None


def keep_record(config: Config, record: LiveRecord) -> None:
    """Put it in the place of the last one.

    Raises:
        LandingNotWritable: the folder or the disk refused.
    """
    deliver(_place(config), record.model_dump_json(indent=1).encode())


def shown_at(alert: CurrentAlert) -> datetime:
    """The event time of the reading that shows what an alert tells: an injected fault's, else the one it began with."""
    for fault in FAULTS:
        if (alert.sensor, alert.rule, alert.began_at) == (fault.sensor, fault.rule, fault.began):
            return fault.shown_at
    return alert.began_at


def _place(config: Config) -> Path:
    return local_folder(config.reports) / "demo-live.json"
