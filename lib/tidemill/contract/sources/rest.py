"""A JSON API over HTTP."""

from typing import Literal

from tidemill.config import Frozen


class RestSource(Frozen):
    """A JSON API over HTTP."""

    kind: Literal["rest"]
    url: str
