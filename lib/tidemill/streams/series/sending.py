"""Send lines to a time-series store, and again where it is only having a bad moment."""

import gzip
import logging
from threading import Event
from time import monotonic
from types import TracebackType
from typing import Self

import httpx
import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from tidemill.config import SeriesConfig, revealed
from tidemill.errors import RunFailed

TIMEOUT = 10.0
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
TOO_MANY_REQUESTS = 429

# The library tells of every request with its URL.
logging.getLogger("httpx").setLevel(logging.WARNING)


class SeriesRefused(RunFailed):
    """The store will not take the lines until something is mended."""

    def __init__(self, where: str, status: int, answer: str) -> None:
        super().__init__(
            f"{where} refused readings with status {status}: {' '.join(answer.split())[:200]}. Check series.url, its "
            "parameters and its token or user in the configuration; what was not taken waits in silver until the store "
            "takes it."
        )


class SeriesPending(RunFailed):
    """The store did not take the lines in time; they are not lost."""

    transient = True

    def __init__(self, where: str, seconds: float, reason: str) -> None:
        super().__init__(
            f"{where} did not take readings within {seconds:.0f} s ({reason}). Nothing is lost: they wait in silver, "
            "and the next run sends them."
        )


class _BadMoment(Exception):
    """A failure that may be over in a moment."""


class SeriesStore:
    """The store that the configuration names.

    Args:
        config: with a `url`.
        patience: seconds after which lines that were not taken are given back as pending, while what is refused is told
            at once; None: both are tried again, with no end but `stopping`.
        stopping: ends every wait.

    Raises:
        MissingSecret: the environment lacks the token or password.
    """

    def __init__(self, config: SeriesConfig, patience: float | None, stopping: Event) -> None:
        self._where = str(config.url)
        self._patience, self._stopping = patience, stopping
        headers = {"User-Agent": "tidemill", "Content-Encoding": "gzip", "Content-Type": "text/plain; charset=utf-8"}
        if config.token:
            headers["Authorization"] = f"Token {revealed(config.token)}"
        login = (revealed(config.user), revealed(config.password)) if config.user and config.password else None
        parameters = {"precision": "ns", **config.parameters}
        self._client = httpx.Client(params=parameters, headers=headers, auth=login, timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def send(self, block: str) -> None:
        """Send lines and see them taken.

        Raises:
            SeriesRefused: they are wrong, or who sends them is; without end of patience only where `stopping` was set.
            SeriesPending: not taken in time, or `stopping` was set.
        """
        body, began = gzip.compress(block.encode(), 1), monotonic()
        passing = (_BadMoment,) if self._patience is not None else (_BadMoment, SeriesRefused)
        attempts = Retrying(
            retry=retry_if_exception_type(passing),
            wait=wait_exponential_jitter(initial=FIRST_WAIT, max=LONGEST_WAIT, jitter=FIRST_WAIT),
            stop=lambda state: self._stopping.is_set() or self._impatient(state),
            sleep=self._wait,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            attempts(self._once, body)
        except _BadMoment as error:
            raise SeriesPending(self._where, monotonic() - began, str(error)) from None

    def _wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _impatient(self, state: RetryCallState) -> bool:
        return self._patience is not None and (state.seconds_since_start or 0.0) >= self._patience

    def _once(self, body: bytes) -> None:
        try:
            answer = self._client.post(self._where, content=body)
        except httpx.TransportError as error:
            raise _BadMoment(type(error).__name__) from None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status_code == TOO_MANY_REQUESTS:
            raise _BadMoment(f"status {answer.status_code}")
        if not answer.is_success:
            raise SeriesRefused(self._where, answer.status_code, answer.text)

    def _tell(self, state: RetryCallState) -> None:
        if state.attempt_number in (1, 4) or state.attempt_number % 10 == 0:
            error = state.outcome.exception() if state.outcome else None
            event = "series_store_refuses" if isinstance(error, SeriesRefused) else "series_store_does_not_answer"
            structlog.get_logger().warning(event, url=self._where, attempt=state.attempt_number, reason=str(error))
