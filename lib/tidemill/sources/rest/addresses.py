"""The URLs of one API: built without its secrets, shown without them, and never of another host."""

from urllib.parse import quote, quote_plus

import httpx

from tidemill.config import MissingSecret, revealed
from tidemill.config.secrets import REFERENCE
from tidemill.contract.sources import RestSource as Settings
from tidemill.contract.sources.rest import SECRET_NAME
from tidemill.errors import RunFailed

_PORTS = {"http": 80, "https": 443}
# What is shorter would be hidden by chance in the middle of other words.
_SHORTEST_SECRET = 4
_HIDDEN = "***"


class ForeignAddress(RunFailed):
    """An answer leads to a host that the contract does not name."""

    def __init__(self, where: str, target: str, own: str) -> None:
        super().__init__(
            f"{where}: the answer leads to {target}, but this source's requests go to {own} alone, as they carry its "
            "credentials. If the API has moved, set source.url to its new address."
        )


class WrongAddress(RunFailed):
    """An answer leads to something that is no URL."""

    def __init__(self, where: str, target: str, problem: str) -> None:
        super().__init__(
            f"{where}: the answer leads to {target!r}, which is no URL ({problem}). Check 'pages' under source."
        )


class Addresses:
    """What is asked of one API. An address is a URL without the secrets that go with every request."""

    def __init__(self, source: Settings) -> None:
        self._url = httpx.URL(source.url)
        self._plain = {name: _text(value) for name, value in source.parameters.items() if not _is_secret(value)}
        self._secret = {name: str(value) for name, value in source.parameters.items() if _is_secret(value)}
        api_key = source.auth.api_key if source.auth else None
        if api_key and api_key.parameter:
            self._secret[api_key.parameter] = api_key.value
        self._references = [value for value in _references(source) if _is_secret(value)]

    def first(self, parameters: dict[str, str]) -> str:
        """The address with the contract's parameters and these, which win."""
        return str(self._url.copy_merge_params({**self._plain, **parameters}))

    def with_parameter(self, address: str, name: str, value: str) -> str:
        """The address with one parameter set."""
        return str(httpx.URL(address).copy_set_param(name, value))

    def request(self, address: str) -> httpx.URL:
        """What is sent for an address: with the secrets.

        Raises:
            MissingSecret: the environment lacks one.
        """
        url = httpx.URL(address)
        if not self._secret:
            return url
        return url.copy_merge_params({name: revealed(reference) for name, reference in self._secret.items()})

    def led_to(self, base: str, target: str, where: str) -> str:
        """The address that an answer names.

        Args:
            base: the address that was asked, for a relative target.
            target: a URL from a body or a header.
            where: the request, for errors.

        Raises:
            ForeignAddress: it is not of this API's scheme, host and port.
            WrongAddress: it is no URL.
        """
        try:
            url = httpx.URL(base).join(target)
        except (httpx.InvalidURL, ValueError) as error:
            raise WrongAddress(where, self.shown(target)[:200], str(error)) from None
        if _origin(url) != _origin(self._url) or url.userinfo:
            raise ForeignAddress(where, _place(url), _place(self._url))
        for name in self._secret:
            if name in url.params:
                url = url.copy_remove_param(name)
        return str(url.copy_with(fragment=None))

    def shown(self, text: str) -> str:
        """A URL or another text without any secret."""
        for reference in self._references:
            try:
                secret = revealed(reference)
            except MissingSecret:
                continue
            for form in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}:
                if len(form) >= _SHORTEST_SECRET:
                    text = text.replace(form, _HIDDEN)
        head, mark, query = text.partition("?")
        return head + mark + "&".join(_masked(part) for part in query.split("&"))


def _masked(part: str) -> str:
    name, equals, value = part.partition("=")
    return f"{name}={_HIDDEN}" if equals and value and SECRET_NAME.search(name) else part


def _references(source: Settings) -> list[str]:
    auth = source.auth
    given = [str(value) for value in (*source.parameters.values(), *source.headers.values())]
    if auth and auth.bearer:
        given.append(auth.bearer)
    if auth and auth.api_key:
        given.append(auth.api_key.value)
    if auth and auth.oauth2:
        given.append(auth.oauth2.client_secret)
    return given


def _is_secret(value: object) -> bool:
    return REFERENCE.match(str(value)) is not None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def _place(url: httpx.URL) -> str:
    return str(httpx.URL(scheme=url.scheme, host=url.host, port=url.port)) if url.host else str(url)[:100]
