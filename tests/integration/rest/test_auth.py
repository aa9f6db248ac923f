"""How requests prove who asks, and that a secret shows nowhere."""

import base64

import pytest

from tests.services.http_api import Reply
from tidemill.config import MissingSecret
from tidemill.errors import RunFailed

SECRET = "s3cr3t/and more"
ORDERS = Reply([{"id": 1}])


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("API_SECRET", SECRET)


def tokens(api, lasts=3600, good=lambda _: True):
    """An API whose tokens are t1, t2 and so on, each with its number."""
    given = []

    def answer(request):
        if request.path == "/token":
            given.append(f"t{len(given) + 1}")
            return Reply({"access_token": given[-1], "expires_in": lasts})
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in given or not good(token):
            return Reply(status=401)
        return Reply([{"id": int(request.query["page"])}] if int(request.query["page"]) < 4 else [])

    api.answer = answer


def oauth2(api, **keys):
    settings = {"token_url": f"{api.url}/token", "client_id": "me", "client_secret": "${env:API_SECRET}", **keys}
    return {"auth": {"oauth2": settings}, "pages": {"page": "page"}}


@pytest.mark.parametrize(
    ("auth", "seen"),
    [
        ({"bearer": "${env:API_SECRET}"}, lambda r: r.headers["Authorization"].removeprefix("Bearer ")),
        ({"api_key": {"header": "X-Key", "value": "${env:API_SECRET}"}}, lambda r: r.headers["X-Key"]),
        ({"api_key": {"parameter": "key", "value": "${env:API_SECRET}"}}, lambda r: r.query["key"]),
    ],
)
def test_a_key_goes_with_every_page(api, opened, auth, seen):
    api.answer = lambda r: Reply([{"id": 1}], headers={} if "start" in r.query else {"Link": "<?start=1>; rel=next"})

    opened(auth=auth, pages={"link": "next"}).waiting(None)

    assert [seen(request) for request in api.requests] == [SECRET, SECRET]


def test_one_token_serves_all_pages_while_it_lasts(api, opened):
    tokens(api)

    assert opened(**oauth2(api, scope="read")).waiting(None).range["pages"] == 4
    asked = [request for request in api.requests if request.path == "/token"]
    assert [request.form for request in asked] == [{"grant_type": "client_credentials", "scope": "read"}]
    assert base64.b64decode(asked[0].headers["Authorization"].split()[1]).decode() == f"me:{SECRET}"


def test_a_client_may_prove_itself_in_the_form(api, opened):
    tokens(api)

    opened(**oauth2(api, client_auth="form")).waiting(None)

    assert (api.requests[0].form["client_id"], api.requests[0].form["client_secret"]) == ("me", SECRET)


def test_a_token_that_is_about_to_expire_is_replaced(api, opened):
    tokens(api, lasts=1)

    assert opened(**oauth2(api)).waiting(None).range["pages"] == 4
    assert sum(request.path == "/token" for request in api.requests) == 4


def test_a_token_that_is_refused_is_replaced_once_and_the_page_asked_for_again(api, opened):
    uses = []
    tokens(api, good=lambda token: token != "t1" or uses.append(token) or len(uses) < 3)

    assert opened(**oauth2(api)).waiting(None).range["pages"] == 4
    assert sum(request.path == "/token" for request in api.requests) == 2

    tokens(api, good=lambda _: False)
    before = len(api.requests)
    with pytest.raises(RunFailed, match=r"status 401\. Check 'auth' under source"):
        opened(**oauth2(api), parameters={"n": 1}).waiting(None)
    assert len(api.requests) - before == 4


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (Reply({"error": "invalid_client"}, status=401), r"/token: no token: status 401\. Check token_url, client_id"),
        (Reply({"token": 1}), r"/token: no token: the answer is no JSON object with 'access_token'"),
        (Reply(b"<html>"), r"/token: no token: the answer is no JSON object"),
        (Reply(status=503), r"the token's address answered 503\), 4 times in a row"),
    ],
)
def test_a_token_that_is_not_given_is_told_in_one_line(api, opened, reply, complaint):
    api.answer = lambda _: reply

    with pytest.raises(RunFailed, match=complaint) as told:
        opened(**oauth2(api)).waiting(None)
    assert "\n" not in str(told.value)


def test_a_secret_that_is_not_set_is_told_before_anything_is_asked(api, opened, monkeypatch):
    monkeypatch.delenv("API_SECRET")

    with pytest.raises(MissingSecret, match="API_SECRET is not set"):
        opened(auth={"bearer": "${env:API_SECRET}"}).waiting(None)
    assert api.requests == []


def test_a_secret_stands_in_no_error_no_spooled_page_and_no_row(api, opened, tmp_path):
    keys = {"auth": {"api_key": {"parameter": "key", "value": "${env:API_SECRET}"}}, "pages": {"next": "next"}}
    # The API echoes the key in its next URL, as some do, and then complains of it.
    api.answer = lambda r: (
        Reply({"error": f"bad key {SECRET}"}, status=403)
        if "start" in r.query
        else Reply({"items": [{"id": 1}], "next": f"/orders?key={r.query['key'].replace(' ', '%20')}&start=1"})
    )
    with pytest.raises(RunFailed, match=r"\?start=1: status 403 \(.*bad key \*\*\*") as told:
        opened(records="items", **keys).waiting(None)
    spooled = b"".join(path.read_bytes().split(b"\n")[0] for path in tmp_path.rglob("page-*"))

    assert api.requests[1].query == {"start": "1", "key": SECRET}
    assert "s3cr3t" not in str(told.value)
    assert (b"start=1" in spooled, b"s3cr3t" in spooled) == (True, False)

    api.answer = lambda _: Reply({"items": [{"id": 1}]})
    source = opened(records="items", parameters={"a": 1}, **keys)
    (row,) = source.rows(source.waiting(None)).collect()
    assert row["_source"] == f"{api.url}/orders?a=1"
