import hashlib
import hmac
from datetime import timedelta

import pytest

from tests.unit.alerts.events import NOON
from tidemill.alerts import verify
from tidemill.alerts.channels.signing import SIGNATURE, TIMESTAMP, signed

BODY = '{"text": "über 80"}'.encode()
HEADERS = signed("k3y", BODY, NOON)


def test_the_signature_is_what_any_receiver_computes():
    seconds = str(int(NOON.timestamp()))

    expected = hmac.new(b"k3y", seconds.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    assert {TIMESTAMP: seconds, SIGNATURE: f"v1={expected}"} == HEADERS


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_signature_holds_for_five_minutes(late):
    assert verify("k3y", HEADERS, BODY, NOON + late)


def test_names_of_headers_may_be_in_any_case_and_one_of_several_signatures_is_enough():
    lower = {name.lower(): value for name, value in HEADERS.items()}
    both = {**HEADERS, SIGNATURE: f"v1=00, {HEADERS[SIGNATURE]}"}

    assert verify("k3y", lower, BODY, NOON)
    assert verify("k3y", both, BODY, NOON)


@pytest.mark.parametrize(
    ("key", "headers", "body", "late"),
    [
        ("other", HEADERS, BODY, 0),
        ("k3y", HEADERS, BODY + b" ", 0),
        ("k3y", {**HEADERS, TIMESTAMP: str(int(NOON.timestamp()) + 1)}, BODY, 0),
        ("k3y", HEADERS, BODY, 301),
        ("k3y", HEADERS, BODY, -301),
        ("k3y", {TIMESTAMP: HEADERS[TIMESTAMP]}, BODY, 0),
        ("k3y", {SIGNATURE: HEADERS[SIGNATURE]}, BODY, 0),
        ("k3y", {**HEADERS, TIMESTAMP: "noon"}, BODY, 0),
        ("k3y", {**HEADERS, TIMESTAMP: "²"}, BODY, 0),
        ("k3y", {**HEADERS, TIMESTAMP: "9" * 400}, BODY, 0),
        ("k3y", {**HEADERS, SIGNATURE: "v1=é"}, BODY, 0),
        ("k3y", {}, BODY, 0),
    ],
)
def test_what_was_changed_is_too_old_or_is_missing_does_not_hold(key, headers, body, late):
    assert not verify(key, headers, body, NOON + timedelta(seconds=late))
