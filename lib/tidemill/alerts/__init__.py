"""Channels on which people are told of what went wrong."""

from tidemill.alerts.alert import Alert
from tidemill.alerts.webhook import NotDelivered, post

__all__ = ["Alert", "NotDelivered", "post"]
