"""Post an alert to a webhook, again where the other side is only having a bad moment. Its URL is a secret."""

import logging
from typing import Any

import httpx
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from tidemill.alerts.alert import Alert
from tidemill.errors import RunFailed

TIMEOUT = 5.0
ATTEMPTS = 4
# A stream waits for its alerts, so that all attempts at one end after about this many seconds.
ALTOGETHER = 20.0
TOO_MANY_REQUESTS = 429

# The library tells of every request with its URL.
logging.getLogger("httpx").setLevel(logging.WARNING)


class NotDelivered(RunFailed):
    """A webhook did not take an alert. The line does not say where it is: its URL is a secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the alert webhook did not take the alert: {reason}. Check the URL behind alerts.webhook.")


class _BadMoment(Exception):
    """A failure that may be over in a moment."""


def post(url: str, alert: Alert, wait: float = 0.5) -> None:
    """Send an alert's body as JSON and see it taken.

    Args:
        url: of http or https.
        alert: what to send.
        wait: seconds before the second attempt, doubled with each further one.

    Raises:
        NotDelivered: refused (a status of 3xx or 4xx but 429: at once), or still not taken after all attempts.
    """
    attempts = Retrying(
        retry=retry_if_exception_type(_BadMoment),
        stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(ALTOGETHER - TIMEOUT),
        wait=wait_exponential_jitter(initial=wait, max=8, jitter=wait),
    )
    try:
        attempts(_once, url, alert.body())
    except RetryError as error:
        tried = error.last_attempt.attempt_number
        raise NotDelivered(f"{error.last_attempt.exception()}, {tried} times") from None


def _once(url: str, body: dict[str, Any]) -> None:
    # Messages of the library may have the URL in them, so that only the names of its errors are told.
    try:
        status = httpx.post(url, json=body, timeout=TIMEOUT, headers={"User-Agent": "tidemill"}).status_code
    except httpx.UnsupportedProtocol:
        raise NotDelivered("its URL begins with neither http:// nor https://") from None
    except httpx.TransportError as error:
        raise _BadMoment(type(error).__name__) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NotDelivered(type(error).__name__) from None
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == TOO_MANY_REQUESTS:
        raise _BadMoment(f"status {status}")
    if not httpx.codes.is_success(status):
        raise NotDelivered(f"status {status}")
