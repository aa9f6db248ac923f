"""The headers that prove who asks, and the token behind them."""

import time

import httpx

from tidemill.config import revealed
from tidemill.contract.sources import RestSource as Settings
from tidemill.contract.sources.rest import OAuth2
from tidemill.errors import RunFailed

# A token is not used in its last seconds, as a request takes its time too.
_MARGIN_SECONDS = 30


class NoToken(RunFailed):
    """The token's address gave no token."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(
            f"{url}: no token: {problem}. Check token_url, client_id, client_secret and scope under "
            "source.auth.oauth2, and the environment variables behind them."
        )


class Credentials:
    """The headers of every request."""

    def __init__(self, source: Settings) -> None:
        self._headers = source.headers
        self._auth = source.auth
        self._token: str | None = None
        self._expires_at = 0.0

    @property
    def renewable(self) -> bool:
        """Whether a refused token can be replaced by another."""
        return self._auth is not None and self._auth.oauth2 is not None

    def headers(self, http: httpx.Client) -> dict[str, str]:
        """The headers now; a token that is missing or about to expire is fetched.

        Raises:
            MissingSecret: the environment lacks a secret.
            NoToken: no token was given.
            httpx.TransportError: the token's address cannot be reached.
        """
        headers = {name: revealed(value) for name, value in self._headers.items()}
        auth = self._auth
        if auth is None:
            return headers
        if auth.bearer:
            headers["Authorization"] = f"Bearer {revealed(auth.bearer)}"
        elif auth.api_key and auth.api_key.header:
            headers[auth.api_key.header] = revealed(auth.api_key.value)
        elif auth.oauth2:
            if self._token is None or time.monotonic() >= self._expires_at:
                self._fetch(auth.oauth2, http)
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def forget(self) -> None:
        """Let the next request fetch another token, as this one was refused."""
        self._token = None

    def _fetch(self, settings: OAuth2, http: httpx.Client) -> None:
        client = (revealed(settings.client_id), revealed(settings.client_secret))
        form = {"grant_type": "client_credentials"}
        if settings.scope:
            form["scope"] = settings.scope
        if settings.client_auth == "form":
            form |= {"client_id": client[0], "client_secret": client[1]}
        by_header = httpx.BasicAuth(*client) if settings.client_auth == "basic" else httpx.Auth()
        answer = http.post(settings.token_url, data=form, auth=by_header, headers={"Accept": "application/json"})
        if answer.status_code in (429, *range(500, 600)):
            raise httpx.RemoteProtocolError(f"the token's address answered {answer.status_code}")
        if answer.status_code != httpx.codes.OK:
            raise NoToken(settings.token_url, f"status {answer.status_code}")
        try:
            given = answer.json()
            self._token = str(given["access_token"])
            lasts = float(given.get("expires_in") or 3600)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise NoToken(settings.token_url, "the answer is no JSON object with 'access_token'") from None
        # A token that lasts less than the margin is still good for the request that it was fetched for.
        self._expires_at = time.monotonic() + max(lasts - _MARGIN_SECONDS, 0)
