"""The channels on which messages go out: webhook, mail, Alertmanager."""

from tidemill.alerts.channels.alertmanager import Alertmanager
from tidemill.alerts.channels.channel import Channel, NotDelivered, Refused, Unreachable
from tidemill.alerts.channels.mail import Mail
from tidemill.alerts.channels.signing import verify
from tidemill.alerts.channels.webhook import Webhook, post
from tidemill.config import AlertmanagerChannel, AnyChannel, SmtpChannel


def channel_of(channel: AnyChannel) -> Channel:
    """The channel that is configured so."""
    if isinstance(channel, SmtpChannel):
        return Mail(channel)
    if isinstance(channel, AlertmanagerChannel):
        return Alertmanager(channel)
    return Webhook(channel)


__all__ = ["Channel", "NotDelivered", "Refused", "Unreachable", "channel_of", "post", "verify"]
