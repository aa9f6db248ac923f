"""A JSON API over HTTP."""

import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from tidemill.config import Frozen, Secret
from tidemill.config.secrets import REFERENCE

Value = str | int | float | bool

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
# Names under which a value is a secret, so that one written into the file itself can be refused, or hidden.
SECRET_NAME = re.compile(
    r"(?i)(^|[_-])(authorization|cookie|api-?_?key|(access|auth|bearer|session)-?_?token|secret|password|signature|sig)$"
)


class ApiKey(Frozen):
    """A key that goes with every request, in a header or a query parameter."""

    header: str | None = None
    parameter: str | None = None
    value: Secret

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        _one_of(self, ("header", "parameter"))
        return self


class OAuth2(Frozen):
    """Client credentials (RFC 6749, 4.4): a token that is fetched, and fetched anew when it expires.

    Attributes:
        client_auth: where the client's id and secret go: in an Authorization header, or in the form.
    """

    token_url: str
    client_id: str
    client_secret: Secret
    scope: str | None = None
    client_auth: Literal["basic", "form"] = "basic"

    @field_validator("token_url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        return _address(url)


class Auth(Frozen):
    """How requests prove who asks: one of the three."""

    bearer: Secret | None = None
    api_key: ApiKey | None = None
    oauth2: OAuth2 | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        _one_of(self, ("bearer", "api_key", "oauth2"))
        return self


class Fixed(Frozen):
    """A query parameter and its number, such as the size of a page."""

    parameter: str
    value: int = Field(ge=1)


_PAGES_KEYS = {
    "page": {"first", "size", "end"},
    "offset": {"limit", "end"},
    "cursor": {"parameter"},
    "next": set[str](),
    "link": set[str](),
}


class Pages(Frozen):
    """How an answer leads to the next one: one of `page`, `offset`, `cursor`, `next`, `link`.

    Attributes:
        page: parameter that counts pages, from `first`; `size` asks for pages of a size.
        offset: parameter that counts records; `limit` asks for pages of a size.
        cursor: path in the body to what `parameter` of the next request must be.
        next: path in the body to the next request's URL.
        link: `next`, the relation of a Link header.
        end: what follows the last page, for page and offset: `empty` (a page without records), `short` (one with fewer
            than asked for is the last) or `not_found` (status 404).
    """

    page: str | None = None
    offset: str | None = None
    cursor: str | None = None
    next: str | None = None
    link: Literal["next"] | None = None
    first: int = 1
    size: Fixed | None = None
    limit: Fixed | None = None
    parameter: str | None = None
    end: Literal["empty", "short", "not_found"] = "empty"

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        kind = _one_of(self, tuple(_PAGES_KEYS))
        for key in ("first", "size", "limit", "parameter", "end"):
            if getattr(self, key) != type(self).model_fields[key].default and key not in _PAGES_KEYS[kind]:
                owner = " or ".join(name for name, keys in _PAGES_KEYS.items() if key in keys)
                raise ValueError(f"'{key}' belongs to pages by {owner}, these go by '{kind}'")
        if self.cursor and not self.parameter:
            raise ValueError("a cursor needs 'parameter', the query parameter that carries it")
        if self.end == "short" and not self.asked:
            raise ValueError("end: short needs the size of a page: " + ("size" if self.page else "limit"))
        return self

    @property
    def asked(self) -> Fixed | None:
        """The size of a page that is asked for."""
        return self.size or self.limit


class Since(Frozen):
    """Only what is new: a parameter that takes the greatest value of a column so far, as delivered."""

    parameter: str
    column: str


class RestSource(Frozen):
    """A JSON API over HTTP."""

    kind: Literal["rest"]
    url: str
    parameters: dict[str, Value] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    records: str | None = None
    auth: Auth | None = None
    pages: Pages | None = None
    since: Since | None = None
    rate: str | None = Field(default=None, pattern=r"^[1-9][0-9]* per (second|minute|hour)$")
    timeout: str = Field(default="30 seconds", pattern=r"^[1-9][0-9]* (second|minute)s?$")
    retries: int = Field(default=5, ge=0, le=20)

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        return _address(url)

    @field_validator("headers", "parameters")
    @classmethod
    def _secrets_are_references(cls, values: dict[str, Value]) -> dict[str, Value]:
        for name, value in values.items():
            if SECRET_NAME.search(name) and not REFERENCE.match(str(value)):
                raise ValueError(f"'{name}' looks like a secret, which is written ${{env:NAME}}, or under 'auth'")
        return values

    @property
    def timeout_seconds(self) -> float:
        """How long one answer may take, to its last byte."""
        number, unit = self.timeout.split()
        return float(number) * _SECONDS[unit.rstrip("s")]

    @property
    def seconds_a_request(self) -> float:
        """The least time between two requests; 0 without a rate."""
        if self.rate is None:
            return 0.0
        number, _, unit = self.rate.split()
        return _SECONDS[unit] / float(number)


def _one_of(model: Frozen, keys: tuple[str, ...]) -> str:
    given = [key for key in keys if getattr(model, key) is not None]
    if len(given) != 1:
        raise ValueError(f"expected one of {', '.join(keys)}, got {' and '.join(given) or 'none'}")
    return given[0]


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        raise ValueError(f"no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected a URL that begins with https:// or http:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL holds no user or password; write them under 'auth' as ${env:NAME}")
    if parts.query or parts.fragment:
        raise ValueError("a URL stands here without '?' and '#'; write what follows '?' under 'parameters'")
    return url
