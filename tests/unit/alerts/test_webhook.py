import logging
import socket
from datetime import UTC, datetime

import pytest

from tidemill.alerts import Alert, NotDelivered, post

ALERT = Alert(
    "pass_rate_low",
    "people",
    "ingest",
    "people: too few passed",
    datetime(2026, 5, 1, tzinfo=UTC),
    "r1",
    {"limit": 0.9},
)


def test_an_alert_is_posted_as_json(receiver):
    post(receiver.url, ALERT)

    assert [(method, path) for method, path, _ in receiver.heard] == [("POST", "/hook/s3cret")]
    assert receiver.bodies == [
        {
            "kind": "pass_rate_low",
            "key": "pass_rate_low/ingest/people/r1",
            "dataset": "people",
            "job": "ingest",
            "run_id": "r1",
            "text": "people: too few passed",
            "at": "2026-05-01T00:00:00+00:00",
            "details": {"limit": 0.9},
        }
    ]


@pytest.mark.parametrize("statuses", [[500], [503, 429], [502, 500, 504]])
def test_it_is_posted_again_while_the_other_side_has_a_bad_moment(receiver, statuses):
    receiver.statuses = list(statuses)

    post(receiver.url, ALERT, wait=0.01)

    assert len(receiver.heard) == len(statuses) + 1


def test_a_receiver_that_stays_down_is_told_without_its_url(receiver):
    receiver.statuses = [500] * 9

    with pytest.raises(NotDelivered, match="status 500, 4 times") as told:
        post(receiver.url, ALERT, wait=0.01)

    assert len(receiver.heard) == 4
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 302])
def test_a_refusal_is_not_tried_again(receiver, status):
    receiver.statuses = [status]

    with pytest.raises(NotDelivered, match=f"status {status}"):
        post(receiver.url, ALERT, wait=0.01)

    assert len(receiver.heard) == 1


def test_a_connection_that_is_refused_is_tried_again_and_told_without_its_url():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(NotDelivered, match="ConnectError, 4 times") as told:
        post(f"http://127.0.0.1:{port}/hook/s3cret", ALERT, wait=0.01)

    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize("url", ["hook/s3cret", "ftp://host/s3cret", "http://[s3cret", "http://host:s3cret/"])
def test_what_is_no_url_is_told_without_showing_it(url):
    with pytest.raises(NotDelivered) as told:
        post(url, ALERT, wait=0.01)

    assert "s3cret" not in str(told.value)


def test_the_url_is_in_no_log(receiver, caplog):
    with caplog.at_level(logging.INFO):
        post(receiver.url, ALERT)

    assert "s3cret" not in caplog.text
