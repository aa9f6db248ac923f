"""Post an alert to a webhook, again where the other side is only having a bad moment. Its URL is a secret."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from tidemill.alerts.channels.channel import NotDelivered, Unreachable
from tidemill.alerts.channels.http import TIMEOUT, send_json
from tidemill.alerts.channels.signing import KEY, signed
from tidemill.alerts.message import Message
from tidemill.config import WebhookChannel, revealed

ATTEMPTS = 4
# Whoever posts may have other work to do, so that all attempts at one end after about this many seconds.
ALTOGETHER = 20.0


class Told(Protocol):
    """What can be posted."""

    @property
    def key(self) -> str:
        """The same however often it is posted."""

    def body(self) -> dict[str, Any]:
        """What is sent as JSON."""


class Webhook:
    """The channel.

    Args:
        channel: as configured.
    """

    def __init__(self, channel: WebhookChannel) -> None:
        self._channel = channel

    def send(self, message: Message) -> None:
        """Post a message; see `Channel.send`."""
        key = self._channel.signing_key
        _once(revealed(self._channel.url), message, revealed(key) if key else None)

    def remind(self, standing: Sequence[Message]) -> None:
        """A webhook remembers."""


def post(url: str, alert: Told, wait: float = 0.5, signing_key: str | None = None) -> None:
    """Send an alert's body as JSON and see it taken.

    Args:
        url: of http or https.
        alert: what to send.
        wait: seconds before the second attempt, doubled with each further one.
        signing_key: the secret to sign with; see `signing`.

    Raises:
        NotDelivered: refused (a status of 3xx or 4xx but 429: at once), or still not taken after all attempts.
    """
    attempts = Retrying(
        retry=retry_if_exception_type(Unreachable),
        stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(ALTOGETHER - TIMEOUT),
        wait=wait_exponential_jitter(initial=wait, max=8, jitter=wait),
    )
    try:
        attempts(_once, url, alert, signing_key)
    except RetryError as error:
        last = error.last_attempt.exception()
        reason = last.reason if isinstance(last, NotDelivered) else type(last).__name__
        raise NotDelivered(f"{reason}, {error.last_attempt.attempt_number} times") from None


def _once(url: str, alert: Told, signing_key: str | None) -> None:
    body = json.dumps(alert.body(), ensure_ascii=False).encode()
    signature = signed(signing_key, body, datetime.now(UTC)) if signing_key else {}
    send_json(url, body, {KEY: alert.key, **signature})
