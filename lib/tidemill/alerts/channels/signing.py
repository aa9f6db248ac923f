"""The signature of what is posted: HMAC-SHA256 over the time of sending and the body, so that neither can be changed.

The signed text is the timestamp, a full stop and the body's bytes, as Stripe's and Slack's webhooks sign theirs.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

TIMESTAMP = "X-Tidemill-Timestamp"
SIGNATURE = "X-Tidemill-Signature"
KEY = "Idempotency-Key"
TOLERANCE = timedelta(minutes=5)


def signed(key: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers that a signed body has.

    Args:
        key: the secret that both sides know.
        body: as it is sent.
        at: when, UTC.
    """
    seconds = str(int(at.timestamp()))
    return {TIMESTAMP: seconds, SIGNATURE: f"v1={_digest(key, seconds, body)}"}


def verify(
    key: str, headers: Mapping[str, str], body: bytes, now: datetime | None = None, tolerance: timedelta = TOLERANCE
) -> bool:
    """Whether a body was sent by somebody who knows the key, within the tolerance of now.

    Args:
        key: the secret that both sides know.
        headers: of the request; names in any case. A signature may list several `v1=...`, divided by commas.
        body: its bytes as received, before any parsing.
        now: UTC; the present time if not given.
        tolerance: how far the time of sending may be off; an older request may be a replayed one.
    """
    given = {name.lower(): value for name, value in headers.items()}
    seconds = given.get(TIMESTAMP.lower(), "")
    if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 12:
        return False
    if abs((now or datetime.now(UTC)).timestamp() - int(seconds)) > tolerance.total_seconds():
        return False
    expected = f"v1={_digest(key, seconds, body)}".encode()
    listed = given.get(SIGNATURE.lower(), "").split(",")
    return any(hmac.compare_digest(one.strip().encode(), expected) for one in listed)


def _digest(key: str, seconds: str, body: bytes) -> str:
    return hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
