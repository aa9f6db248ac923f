"""What goes wrong between a client and an API, and what comes of it."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.services.http_api import Reply
from tidemill.errors import RunFailed

GOOD = Reply([{"id": 1}, {"id": 2}])


def at_first(*replies):
    """These replies, one after another, and then the good one."""
    waiting = list(replies)
    return lambda _: waiting.pop(0) if waiting else GOOD


def soon():
    return format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(status=500),
        Reply(status=503, headers={"Retry-After": "0"}),
        Reply(status=429, headers={"Retry-After": "no date"}),
        Reply([{"id": 1}] * 50, cut=30),
        Reply(b'[{"id": 1}]', headers={"Content-Length": "99"}, cut=11),
        Reply(b"not gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "503", "429", "reset", "cut", "no gzip"],
)
def test_what_passes_is_asked_for_again(api, opened, trouble):
    api.answer = at_first(trouble, trouble)

    taken = opened().waiting(None)

    assert (taken.range["pages"], len(api.requests)) == (1, 3)


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(api, opened):
    api.answer = at_first(Reply(silent=True), Reply([{"id": 1}] * 20, trickle=True))

    assert opened(timeout="1 second").waiting(None).range["pages"] == 1
    assert len(api.requests) == 3


@pytest.mark.parametrize("when", [lambda: "1", soon], ids=["seconds", "date"])
def test_an_api_that_is_busy_is_left_alone_for_as_long_as_it_says(api, opened, when):
    value = when()
    not_before = datetime.now(UTC) + timedelta(seconds=1) if value == "1" else None
    api.answer = at_first(Reply(status=429, headers={"Retry-After": value}))

    opened().waiting(None)

    first, second = api.requests
    if not_before:
        assert second.at - first.at >= 1
    else:
        assert format_datetime(datetime.now(UTC), usegmt=True) >= value


def test_an_api_that_asks_for_more_patience_than_a_run_has_is_not_waited_for(api, opened):
    api.answer = at_first(Reply(status=503, headers={"Retry-After": "86400"}))

    with pytest.raises(RunFailed, match=r"status 503, come back in 86400 seconds"):
        opened().waiting(None)
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (Reply(status=500), r"page 1 of http://.*/orders: status 500, 4 times in a row"),
        (Reply([{"id": 1}] * 50, cut=30), r"the answer broke off \(.*\), 4 times in a row"),
    ],
)
def test_trouble_that_lasts_ends_the_run_in_one_line(api, opened, reply, complaint):
    api.answer = lambda _: reply

    with pytest.raises(RunFailed, match=complaint) as told:
        opened().waiting(None)
    assert (len(api.requests), "\n" in str(told.value)) == (4, False)


def test_a_host_that_is_not_there_is_told_in_one_line(opened):
    with pytest.raises(RunFailed, match=r"http://127\.0\.0\.1:1/x: no connection \(.*refused.*\), 2 times in a row"):
        opened(url="http://127.0.0.1:1/x", retries=1).waiting(None)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_refusal_is_told_at_once_with_what_the_api_said(api, opened, status):
    api.answer = lambda _: Reply({"error": "no\nsuch thing"}, status=status)

    with pytest.raises(RunFailed, match=rf'status {status} \({{"error": "no\\nsuch thing"}}\)\. Check ') as told:
        opened().waiting(None)
    assert (len(api.requests), "\n" in str(told.value)) == (1, False)


@pytest.mark.parametrize(
    ("body", "keys", "complaint"),
    [
        (b"<html>Log in</html>", {}, r"status 200, but the answer is no JSON; it begins with '<html>Log in</html>'"),
        (b'[{"id": 1}, {"id"', {}, r"status 200, but the JSON is truncated after 17 characters"),
        (b"", {}, r"status 200, but the answer is empty"),
        (b"[" * 100_000, {}, r"status 200, but the JSON is truncated after 100000 characters"),
        (
            b'{"data": {"a": 1, "b": 2}}',
            {"records": "data.items"},
            r"there is nothing at 'data\.items'\. Set 'records'",
        ),
        (
            b'{"data": {"b": 1, "a": 2}}',
            {"records": "data"},
            r"at 'data' stands an object with a, b, expected an array",
        ),
        (b'"text"', {}, r"the answer is text or a number, expected an array of records or one record"),
        (b"[" + b" " * (1 << 20) + b"]", {}, r"the answer is larger than 1 MiB\. Ask for smaller pages"),
    ],
)
def test_an_answer_that_cannot_be_read_is_told_in_one_line(api, opened, body, keys, complaint):
    api.answer = lambda _: Reply(body)

    with pytest.raises(RunFailed, match=rf"page 1 of http://127\.0\.0\.1:\d+/orders: {complaint}") as told:
        opened(**keys).waiting(None)
    assert (len(api.requests), "\n" in str(told.value)) == (1, False)


def test_requests_keep_to_the_contracts_rate(api, opened):
    api.answer = lambda r: Reply([{"id": 1, "page": r.query["page"]}] if int(r.query["page"]) < 6 else [])

    # Not from the first request's arrival: that one alone may be late on a busy machine.
    begun = time.monotonic()
    opened(pages={"page": "page"}, rate="20 per second").waiting(None)

    assert len(api.requests) == 6
    assert api.requests[-1].at - begun >= 5 / 20
