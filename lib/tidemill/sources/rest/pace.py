"""When the next request may go: by the contract's rate, and by what the API asks for."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_RETRY_AFTER = 300.0


class Rate:
    """Spaces requests evenly.

    Args:
        seconds: the least time from one request to the next; 0 for none.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = time.monotonic()

    def take_turn(self) -> None:
        """Wait until a request may go."""
        wait = self._next - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._next = max(self._next, time.monotonic()) + self._seconds


def retry_after(value: str | None) -> float | None:
    """A Retry-After header (RFC 9110, 10.2.3) in seconds from now, None where it is missing or unreadable."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
