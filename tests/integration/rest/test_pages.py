"""Every way in which one answer leads to the next, against an API that serves seven orders."""

import pytest

from tests.services.http_api import Reply
from tidemill.errors import RunFailed

ORDERS = [{"id": number, "address": {"city": f"C{number}"}} for number in range(1, 8)]
SIZE = {"parameter": "size", "value": 2}
LIMIT = {"parameter": "limit", "value": 5}


def ids(source, taken):
    found = source.rows(taken).orderBy("_position").collect()
    return [int(row["id"]) for row in found]


def by_page(request):
    page, size = int(request.query.get("page", 1)), int(request.query.get("size", 3))
    return Reply(ORDERS[(page - 1) * size :][:size])


def by_page_until_404(request):
    return by_page(request) if int(request.query["page"]) <= 3 else Reply({"detail": "no such page"}, status=404)


def by_offset(request):
    # The API caps what is asked for: the offset must count what came, not what was asked.
    start, limit = int(request.query["offset"]), min(int(request.query["limit"]), 3)
    return Reply({"data": {"items": ORDERS[start:][:limit]}})


def by_cursor(request):
    start = int(request.query.get("cursor", "c0")[1:])
    following = f"c{start + 3}" if start + 3 < len(ORDERS) else None
    return Reply({"items": ORDERS[start:][:3], "meta": {"next": following}})


def by_next(request):
    start = int(request.query.get("start", 0))
    following = {"next": f"/orders?start={start + 3}"} if start + 3 < len(ORDERS) else {}
    return Reply({"items": ORDERS[start:][:3], **following})


def by_link(request):
    start = int(request.query.get("start", 0))
    url = f"http://{request.headers['Host']}/orders?start={start + 3}"
    links = f'<{url}>; rel="next", </orders>; rel="first"' if start + 3 < len(ORDERS) else '</orders>; rel="first"'
    return Reply(ORDERS[start:][:3], headers={"Link": links})


@pytest.mark.parametrize(
    ("answer", "keys", "requests"),
    [
        (lambda _: Reply(ORDERS), {}, 1),
        (by_page, {"pages": {"page": "page"}}, 4),
        (by_page, {"pages": {"page": "page", "size": SIZE, "end": "short"}}, 4),
        (by_page_until_404, {"pages": {"page": "page", "end": "not_found"}}, 4),
        (
            by_offset,
            {"pages": {"offset": "offset", "limit": {"parameter": "limit", "value": 5}}, **{"records": "data.items"}},
            4,
        ),
        (by_cursor, {"pages": {"cursor": "meta.next", "parameter": "cursor"}, "records": "items"}, 3),
        (by_next, {"pages": {"next": "next"}, "records": "items"}, 3),
        (by_link, {"pages": {"link": "next"}}, 3),
    ],
    ids=["one", "page", "short page", "404", "offset", "cursor", "next", "link"],
)
def test_every_kind_of_pages_is_followed_to_its_end(api, opened, answer, keys, requests):
    api.answer = answer
    source = opened(**keys)

    taken = source.waiting(None)

    assert ids(source, taken) == [1, 2, 3, 4, 5, 6, 7]
    assert len(api.requests) == requests


def test_fixed_parameters_and_headers_go_with_every_request(api, opened):
    api.answer = by_page

    opened(pages={"page": "page"}, parameters={"kind": "new", "open": True}, headers={"X-Team": "a"}).waiting(None)

    assert {(r.query["kind"], r.query["open"], r.headers["X-Team"]) for r in api.requests} == {("new", "true", "a")}
    assert api.asked("page") == ["1", "2", "3", "4"]


def test_an_object_alone_is_one_record_and_an_answer_without_records_is_none(api, opened):
    api.answer = lambda _: Reply({"id": 1})
    source = opened()
    assert ids(source, source.waiting(None)) == [1]

    for nothing in (Reply([]), Reply(status=204), Reply(None)):
        api.answer = lambda _, nothing=nothing: nothing
        assert opened(parameters={"n": 1}).waiting(None) is None


def test_records_that_move_between_pages_come_twice_and_none_is_lost_to_the_loop_check(api, opened):
    # An order that is inserted while pages are read moves the last one of page 1 to page 2.
    api.answer = lambda r: Reply({"1": ORDERS[:3], "2": ORDERS[2:5], "3": ORDERS[5:]}.get(r.query["page"], []))
    source = opened(pages={"page": "page"})

    assert ids(source, source.waiting(None)) == [1, 2, 3, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("answer", "keys", "complaint"),
    [
        (
            lambda _: Reply({"items": ORDERS[:1], "meta": {"next": "same"}}),
            {"pages": {"cursor": "meta.next", "parameter": "cursor"}, "records": "items"},
            r"page 2: .*cursor=same, which this fetch has asked for before",
        ),
        (
            lambda _: Reply({"items": ORDERS[:1], "next": "/orders"}),
            {"pages": {"next": "next"}, "records": "items"},
            r"page 1: .*/orders, which this fetch has asked for before",
        ),
        (
            lambda _: Reply(ORDERS[:3]),
            {"pages": {"page": "p"}},
            r"page 2 of .*\?p=2: the answer is the one before it again.*parameter 'p'",
        ),
        (
            lambda _: Reply({"items": ORDERS[:1], "next": "http://evil.example/orders?x=1"}),
            {"pages": {"next": "next"}, "records": "items"},
            r"leads to http://evil\.example, but .* go to http://127\.0\.0\.1:\d+ alone",
        ),
        (
            lambda _: Reply(ORDERS[:1], headers={"Link": '<https://127.0.0.1/orders>; rel="next"'}),
            {"pages": {"link": "next"}},
            r"leads to https://127\.0\.0\.1, but",
        ),
        (
            lambda _: Reply(status=302, headers={"Location": "http://evil.example/"}),
            {},
            r"leads to http://evil\.example, but",
        ),
        (
            lambda _: Reply(status=302, headers={"Location": "/orders"}),
            {},
            r"status 302. It redirects more than 5 times",
        ),
        (
            lambda _: Reply({"items": ORDERS[:1], "next": "/\0"}),
            {"pages": {"next": "next"}, "records": "items"},
            r"leads to '/\\x00', which is no URL",
        ),
        (
            lambda _: Reply({"items": ORDERS[:1], "meta": {"next": {"a": 1}}}),
            {"pages": {"cursor": "meta.next", "parameter": "cursor"}, "records": "items"},
            r"at 'meta\.next' stands neither text nor a number",
        ),
    ],
    ids=[
        "cursor",
        "url",
        "ignored page",
        "foreign",
        "other scheme",
        "foreign redirect",
        "redirects",
        "no url",
        "object",
    ],
)
def test_an_api_that_leads_in_a_circle_or_away_is_refused_in_one_line(api, opened, answer, keys, complaint):
    api.answer = answer

    with pytest.raises(RunFailed, match=complaint) as told:
        opened(**keys).waiting(None)
    assert "\n" not in str(told.value)


def test_a_redirect_on_the_same_host_is_followed(api, opened):
    api.answer = lambda r: Reply(ORDERS) if r.path == "/v2" else Reply(status=307, headers={"Location": "/v2"})
    source = opened()

    assert len(ids(source, source.waiting(None))) == 7
