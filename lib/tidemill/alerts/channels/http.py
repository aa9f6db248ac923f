"""One request with a JSON body to a channel, and what its answer means."""

import logging
from collections.abc import Mapping

import httpx

from tidemill.alerts.channels.channel import Refused, Unreachable

TIMEOUT = 5.0
TOO_MANY_REQUESTS = 429

# The library tells of every request with its URL.
logging.getLogger("httpx").setLevel(logging.WARNING)


def send_json(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    kind: str = "webhook",
    auth: tuple[str, str] | None = None,
) -> None:
    """Post a body and see it taken.

    Args:
        url: of http or https; it is in no error, as it may be a secret.
        body: JSON.
        headers: besides the content's type.
        kind: what errors call the other side.
        auth: user and password.

    Raises:
        Refused: a status of 3xx or 4xx but 429, or what is no URL.
        Unreachable: no connection, no answer in time, or a status of 5xx or 429.
    """
    # Messages of the library may have the URL in them, so that only the names of its errors are told.
    told = {"Content-Type": "application/json", "User-Agent": "tidemill", **headers}
    try:
        status = httpx.post(url, content=body, timeout=TIMEOUT, headers=told, auth=auth).status_code
    except httpx.UnsupportedProtocol:
        raise Refused("its URL begins with neither http:// nor https://", kind) from None
    except httpx.TransportError as error:
        raise Unreachable(type(error).__name__, kind) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Refused(type(error).__name__, kind) from None
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == TOO_MANY_REQUESTS:
        raise Unreachable(f"status {status}", kind)
    if not httpx.codes.is_success(status):
        raise Refused(f"status {status}", kind)
