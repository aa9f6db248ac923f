"""Ask an API: at its rate, again after what passes, within bounds of time and size, and never another host."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from tidemill.contract.sources import RestSource as Settings
from tidemill.errors import RunFailed
from tidemill.sources.rest.addresses import Addresses
from tidemill.sources.rest.credentials import Credentials
from tidemill.sources.rest.pace import LONGEST_RETRY_AFTER, Rate, retry_after

LARGEST_ANSWER = 64 << 20
_LONGEST_BACK_OFF = 60.0
_MOST_REDIRECTS = 5
_SAID = 150
_TOKEN_REFUSED = 401


@dataclass(frozen=True)
class Answer:
    """What an API answered.

    Attributes:
        where: the request, for errors: page and URL without secrets.
        address: that answered, after redirects.
        status: of the answer.
        body: its bytes, decompressed.
        charset: that its header names, else empty.
        links: relation -> target of its Link header.
    """

    where: str
    address: str
    status: int
    body: bytes
    charset: str
    links: dict[str, str]


class ApiUnavailable(RunFailed):
    """An API did not answer as often as it was asked."""

    def __init__(self, where: str, problem: str, attempts: int) -> None:
        super().__init__(
            f"{where}: {problem}, {attempts} {'times' if attempts > 1 else 'time'} in a row. What was fetched is kept: "
            "run again, and the fetch goes on at this page; see 'timeout' and 'retries' under source."
        )


class ApiBusy(RunFailed):
    """An API asks to be left alone for longer than a run waits."""

    def __init__(self, where: str, status: int, seconds: float) -> None:
        super().__init__(
            f"{where}: status {status}, come back in {seconds:.0f} seconds, longer than the {LONGEST_RETRY_AFTER:.0f} "
            "that a run waits. Run again then, and the fetch goes on at this page; lower 'rate' under source."
        )


class RequestRefused(RunFailed):
    """An API refused a request for a reason that another attempt does not change."""

    def __init__(self, where: str, status: int, said: str, next_step: str) -> None:
        super().__init__(f"{where}: status {status}{f' ({said})' if said else ''}. {next_step}")


class AnswerTooLarge(RunFailed):
    """An answer does not end within the size that is taken."""

    def __init__(self, where: str, largest: int) -> None:
        super().__init__(
            f"{where}: the answer is larger than {largest >> 20 or 1} MiB. Ask for smaller pages: see 'pages' under "
            "source."
        )


class _Passing(Exception):
    """What may pass by the next attempt."""

    def __init__(self, problem: str, retry_after: float | None = None) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


class Client:
    """Asks one API, one request after another.

    Args:
        source: the contract's source.
        addresses: its URLs.
        back_off: seconds before the second attempt at most; twice that before the third, and so on.
        largest: bytes of an answer at most.
    """

    def __init__(self, source: Settings, addresses: Addresses, back_off: float, largest: int = LARGEST_ANSWER) -> None:
        self._source = source
        self._addresses = addresses
        self._credentials = Credentials(source)
        self._back_off = wait_random_exponential(multiplier=back_off, max=_LONGEST_BACK_OFF)
        self._largest = largest
        self._rate = Rate(source.seconds_a_request)
        self._http = httpx.Client(timeout=source.timeout_seconds, headers={"Accept": "application/json"})

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, address: str, page: int, missing_is_end: bool = False) -> Answer | None:
        """The answer to one request.

        Args:
            address: what to ask for.
            page: its number, for messages.
            missing_is_end: whether status 404 says that there is no such page.

        Returns:
            An answer of status 2xx; None for that 404.

        Raises:
            RunFailed: no such answer could be had; in one line.
        """
        where = f"page {page} of {self._addresses.shown(address)}"
        attempts = Retrying(
            stop=stop_after_attempt(self._source.retries + 1),
            wait=self._wait,
            retry=retry_if_exception_type(_Passing),
            before_sleep=_told(where),
            reraise=True,
        )
        try:
            return attempts(self._attempt, address, where, missing_is_end)
        except _Passing as problem:
            raise ApiUnavailable(where, self._addresses.shown(str(problem)), self._source.retries + 1) from None

    def _attempt(self, address: str, where: str, missing_is_end: bool) -> Answer | None:
        renewed = False
        for _ in range(_MOST_REDIRECTS + 1):
            answer, target = self._ask(address, where)
            if answer.status == _TOKEN_REFUSED and self._credentials.renewable and not renewed:
                self._credentials.forget()
                renewed = True
            elif target is not None:
                address = self._addresses.led_to(address, target, where)
            elif answer.status == httpx.codes.NOT_FOUND and missing_is_end:
                return None
            elif not 200 <= answer.status < 300:
                raise RequestRefused(where, answer.status, self._said(answer), _next_step(answer.status))
            else:
                return answer
        raise RequestRefused(where, answer.status, "", f"It redirects more than {_MOST_REDIRECTS} times; check 'url'.")

    def _ask(self, address: str, where: str) -> tuple[Answer, str | None]:
        """An answer, and where it redirects to."""
        self._rate.take_turn()
        ends_at = time.monotonic() + self._source.timeout_seconds
        try:
            headers = self._credentials.headers(self._http)
            with self._http.stream("GET", self._addresses.request(address), headers=headers) as response:
                self._require_lasting(response, where)
                body = self._body(response, where, ends_at)
                links = {name: link["url"] for name, link in response.links.items() if name and "url" in link}
                charset = response.charset_encoding or ""
                answer = Answer(where, address, response.status_code, body, charset, links)
                target = response.headers.get("Location") if response.is_redirect else None
                return answer, target
        except httpx.TimeoutException:
            raise _Passing(f"no whole answer within {self._source.timeout}") from None
        except httpx.ConnectError as error:
            raise _Passing(f"no connection ({_line(str(error))})") from None
        except httpx.RequestError as error:
            raise _Passing(f"the answer broke off ({_line(str(error)) or type(error).__name__})") from None

    def _require_lasting(self, response: httpx.Response, where: str) -> None:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            seconds = retry_after(response.headers.get("Retry-After"))
            if seconds is not None and seconds > LONGEST_RETRY_AFTER:
                raise ApiBusy(where, status, seconds)
            raise _Passing(f"status {status}", seconds)

    def _body(self, response: httpx.Response, where: str, ends_at: float) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self._largest:
                raise AnswerTooLarge(where, self._largest)
            # The library's own limit is one between two parts: a trickle would never meet it.
            if time.monotonic() > ends_at:
                raise httpx.ReadTimeout("trickle")
            parts.append(part)
        return b"".join(parts)

    def _wait(self, state: RetryCallState) -> float:
        problem = state.outcome.exception() if state.outcome else None
        if isinstance(problem, _Passing) and problem.retry_after is not None:
            return problem.retry_after
        return self._back_off(state)

    def _said(self, answer: Answer) -> str:
        return self._addresses.shown(_line(answer.body[:_SAID].decode("utf-8", "replace")))


def _told(where: str) -> Callable[[RetryCallState], None]:
    def tell(state: RetryCallState) -> None:
        problem = state.outcome.exception() if state.outcome else None
        wait = round(state.next_action.sleep, 1) if state.next_action else 0
        structlog.get_logger().info("asking_again", where=where, problem=str(problem), in_seconds=wait)

    return tell


def _next_step(status: int) -> str:
    if status in (_TOKEN_REFUSED, httpx.codes.FORBIDDEN):
        return "Check 'auth' under source, and the environment variables behind it."
    return (
        "Check 'url', 'parameters' and 'pages' under source. A fetch that was interrupted for long may have a cursor "
        "that is no longer known: delete the dataset's folder in the spool, and it begins anew."
    )


def _line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
