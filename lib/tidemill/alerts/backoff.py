"""When to try again: after a time that doubles with each failure, up to a cap, and differs from one to the next."""

import random
from datetime import datetime, timedelta

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=5)


class Backoff:
    """The time before the next attempt: between a half and the whole of 1, 2, 4, ... seconds, at most of 5 minutes.

    Args:
        first: before the second attempt.
        longest: the cap.
    """

    def __init__(self, first: timedelta = FIRST, longest: timedelta = LONGEST) -> None:
        self._first, self._longest = first, longest
        self.failures = 0
        self._not_before: datetime | None = None

    def failed(self, now: datetime) -> timedelta:
        """Take down a failure, and return how long to wait."""
        whole = min(self._longest, self._first * 2 ** min(self.failures, 30))
        self.failures += 1
        wait = whole * random.uniform(0.5, 1)  # noqa: S311 - to keep many from trying at the same moment
        self._not_before = now + wait
        return wait

    def succeeded(self) -> None:
        """Take down that it went well."""
        self.failures = 0
        self._not_before = None

    def ready(self, now: datetime) -> bool:
        """Whether the time is over."""
        # A clock that is set back must not make it wait for longer than it would at most.
        return self._not_before is None or now >= self._not_before or self._not_before - now > self._longest
