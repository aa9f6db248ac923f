"""The channels on which people are told: a signed webhook, mail, Alertmanager."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from tidemill.config.frozen import Frozen
from tidemill.config.secrets import Secret, require_no_credentials

Severity = Literal["info", "warning", "critical"]
Length = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5} (second|minute|hour|day)s?$")]
"""A length of time, as in `10 minutes`."""


def length(text: str) -> timedelta:
    """The length of time that a text like `10 minutes` names."""
    number, unit = text.split()
    return timedelta(**{f"{unit.removesuffix('s')}s": int(number)})


class _Channel(Frozen):
    min_severity: Severity = "info"
    since: datetime | None = None

    @field_validator("since")
    @classmethod
    def _is_utc(cls, since: datetime | None) -> datetime | None:
        return since.replace(tzinfo=UTC) if since is not None and since.tzinfo is None else since


class WebhookChannel(_Channel):
    """A URL that alerts are posted to, signed where a key is given."""

    kind: Literal["webhook"]
    url: Secret
    signing_key: Secret | None = None


class SmtpChannel(_Channel):
    """A mail server and who gets mail."""

    kind: Literal["smtp"]
    host: str
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str | None = None
    user: str | None = None
    password: Secret | None = None
    sender: str = Field(alias="from", pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    to: tuple[Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _keeps_the_password(self) -> "SmtpChannel":
        _require_both_or_neither(self.user, self.password)
        if self.password is not None and self.security == "none":
            raise ValueError("a password is sent over starttls or tls alone; set security")
        return self


class AlertmanagerChannel(_Channel):
    """An Alertmanager, which groups, routes and tells by its own rules."""

    kind: Literal["alertmanager"]
    url: str
    user: str | None = None
    password: Secret | None = None
    resend_every: Length = "1 minute"

    @field_validator("url")
    @classmethod
    def _has_no_credentials(cls, url: str) -> str:
        require_no_credentials(url)
        return url

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> "AlertmanagerChannel":
        _require_both_or_neither(self.user, self.password)
        return self


def _require_both_or_neither(user: str | None, password: str | None) -> None:
    if (user is None) != (password is None):
        raise ValueError("user and password are given together or not at all")


AnyChannel = Annotated[WebhookChannel | SmtpChannel | AlertmanagerChannel, Field(discriminator="kind")]
ChannelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]


class AlertsConfig(Frozen):
    """Who is told of faults in readings, failed runs, low pass rates and stale sources, and how often."""

    webhook: Secret | None = None
    signing_key: Secret | None = None
    channels: dict[ChannelName, AnyChannel] = Field(default_factory=dict)
    give_up_after: Length = "7 days"
    repeat_within: Length = "10 minutes"

    @model_validator(mode="after")
    def _names_differ(self) -> "AlertsConfig":
        if self.webhook is not None and "webhook" in self.channels:
            raise ValueError("the channel 'webhook' is the one of alerts.webhook; give the other one another name")
        return self

    def all_channels(self) -> dict[str, WebhookChannel | SmtpChannel | AlertmanagerChannel]:
        """Every channel by its name; the one of `webhook` is called so."""
        if self.webhook is None:
            return dict(self.channels)
        plain = WebhookChannel(kind="webhook", url=self.webhook, signing_key=self.signing_key)
        return {"webhook": plain, **self.channels}
