"""Do a repeatable step again where it failed for a reason that may be over a moment later."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from tidemill.session.faults import explained, is_transient

T = TypeVar("T")
ATTEMPTS = 4
SECONDS_BEFORE_SECOND_ATTEMPT = 1.0
LONGEST_WAIT_SECONDS = 30.0


def repeated(step: Callable[[], T], home: str) -> T:
    """Do a step, and again after a growing, random time where its failure is transient; see `is_transient`.

    Each further attempt is told in one line of the log.

    Args:
        step: leaves the same behind however often it is begun.
        home: where data are, to be named.

    Raises:
        Exception: what the last attempt raised.
    """
    attempts = Retrying(
        retry=retry_if_exception(is_transient),
        wait=wait_exponential_jitter(initial=SECONDS_BEFORE_SECOND_ATTEMPT, max=LONGEST_WAIT_SECONDS),
        stop=stop_after_attempt(ATTEMPTS),
        before_sleep=lambda state: _tell(state, home),
        reraise=True,
    )
    return attempts(step)


def _tell(state: RetryCallState, home: str) -> None:
    error = state.outcome.exception() if state.outcome else None
    fault = explained(error, home) if error else None
    structlog.get_logger().warning(
        "trying_again",
        attempt=state.attempt_number + 1,
        of=ATTEMPTS,
        in_seconds=round(state.upcoming_sleep, 1),
        reason=" ".join(str(fault or error).split())[:300],
    )
