"""What lies in the spool: fetched once, read as often as it takes, gone when a run has it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from tests.services.http_api import Reply
from tidemill.errors import RunFailed
from tidemill.sources.rest import RestSource

PAGES = {"page": "page"}
CHILD = """
import sys
from tidemill.contract import Contract
from tidemill.sources.rest import RestSource

contract = Contract.model_validate_json(sys.argv[1])
RestSource(None, contract, sys.argv[2]).waiting(None)
"""


def pages(last):
    return lambda r: Reply([{"id": int(r.query["page"])}] if int(r.query["page"]) <= last else [])


def spooled(tmp_path):
    return sorted(path.name for path in tmp_path.rglob("page-*"))


def test_a_killed_fetch_goes_on_at_its_page(api, orders, spark, tmp_path):
    contract, reached = orders(pages=PAGES), Event()

    def hold(request):
        if request.query["page"] == "3":
            reached.set()
            return Reply(silent=True)
        return pages(5)(request)

    api.answer = hold
    text = contract.model_dump_json(by_alias=True)
    child = subprocess.Popen([sys.executable, "-c", CHILD, text, str(tmp_path)], env=os.environ | {"PYTHONPATH": "lib"})
    assert reached.wait(60)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert spooled(tmp_path) == ["page-00000001.json", "page-00000002.json"]
    api.answer = pages(5)

    source = RestSource(spark, contract, str(tmp_path))
    taken = source.waiting(None)

    assert api.asked("page") == ["1", "2", "3", "3", "4", "5", "6"]
    assert sorted(row["id"] for row in source.rows(taken).collect()) == ["1", "2", "3", "4", "5"]


def test_a_fetch_that_failed_goes_on_and_a_page_that_was_not_whole_does_not_count(api, opened, tmp_path):
    api.answer = lambda r: Reply(status=500) if r.query["page"] == "3" else pages(4)(r)
    with pytest.raises(RunFailed, match=r"page 3 of .*page=3: status 500"):
        opened(pages=PAGES, retries=0).waiting(None)
    (first,) = tmp_path.rglob("page-00000001.json")
    (first.parent / ".page-00000003.json").write_text('{"number": 3')
    api.answer = pages(4)

    opened(pages=PAGES, retries=0).waiting(None)

    assert api.asked("page") == ["1", "2", "3", "3", "4", "5"]


def test_a_slice_is_the_same_however_often_it_is_asked_for_and_gone_once_released(api, opened, tmp_path):
    api.answer = pages(2)
    source = opened(pages=PAGES)

    taken = source.waiting(None)
    again = opened(pages=PAGES).waiting(None)

    assert (again, len(api.requests)) == (taken, 3)
    assert taken.size == sum(len(f'[{{"id": {number}}}]') for number in (1, 2)) + 2
    assert json.loads(json.dumps(taken.range)) == taken.range
    source.release(taken)
    source.release(taken)
    assert spooled(tmp_path) == []
    with pytest.raises(RunFailed, match=r"page-00000003\.json: this fetched page is gone"):
        source.rows(taken)


def test_after_a_committed_slice_everything_is_fetched_anew_and_the_old_pages_are_gone(api, opened, tmp_path):
    api.answer = pages(2)
    source = opened(pages=PAGES)
    first = source.waiting(None)

    second = source.waiting(first.progress)

    assert len(api.requests) == 6
    assert second.range["folder"] != first.range["folder"]
    assert len(spooled(tmp_path)) == 3
    assert source.waiting(first.progress) == second


def test_a_changed_source_is_fetched_anew(api, opened):
    api.answer = lambda r: Reply(status=500) if r.query["page"] == "2" else pages(3)(r)
    with pytest.raises(RunFailed):
        opened(pages=PAGES, retries=0).waiting(None)
    api.answer = pages(3)

    opened(pages=PAGES, parameters={"kind": "new"}).waiting(None)

    assert api.asked("page") == ["1", "2", "1", "2", "3", "4"]


def test_a_fetch_without_a_record_leaves_nothing_behind(api, opened, tmp_path):
    api.answer = pages(0)

    assert opened(pages=PAGES).waiting(None) is None
    assert spooled(tmp_path) == []


def test_records_keep_their_text_their_rest_and_their_place(api, opened):
    body = (
        b'{"items": [{"id": 1, "address": {"city": "K\xc3\xb6ln", "zip": 1}, "price": 29.850},'
        b' {"id": 2, "price": null, "tags": ["a"]}, 7, {"id": 3, "address": {"city": "\xff"}}, {"id": "\\ud800"}]}'
    )
    api.answer = lambda _: Reply(body)
    source = opened(records="items")

    rows = source.rows(source.waiting(None)).orderBy("_position").collect()

    names = ("id", "city", "price", "_rescued", "_raw")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("1", "Köln", "29.850", '{"address":{"zip":1}}', None),
        ("2", None, None, '{"tags":["a"]}', None),
        (None, None, None, None, "7"),
        (None, None, None, None, '{"id":3,"address":{"city":"\\xff"}}'),
        (None, None, None, None, '{"id":"\\ud800"}'),
    ]
    assert [row["_position"] for row in rows] == [f"00000001-0000000{number}" for number in range(1, 6)]
    assert {row["_source"] for row in rows} == {f"{api.url}/orders"}


def test_an_answer_says_its_own_charset(api, opened):
    api.answer = lambda _: Reply(
        '[{"id": 1, "address": {"city": "Köln"}}]'.encode("latin-1"),
        headers={"Content-Type": "application/json; charset=ISO-8859-1"},
    )
    source = opened()

    assert source.rows(source.waiting(None)).first()["city"] == "Köln"


@pytest.mark.parametrize(
    ("delivered", "greatest"),
    [
        (["2024-05-01T10:00:00Z", "2024-05-01T12:30:00+02:00", "2024-05-01T09:59:59Z"], "2024-05-01T12:30:00+02:00"),
        (["2024-05-01T10:00:00Z", "soon", None, "2024-05-01T10:00:00.5Z"], "2024-05-01T10:00:00.5Z"),
        (["2024-05-02", "2024-05-01T23:00:00"], "2024-05-02"),
    ],
)
def test_the_next_fetch_asks_since_the_latest_moment_as_it_was_delivered(api, opened, delivered, greatest):
    api.answer = lambda _: Reply([{"id": number, "updated_at": at} for number, at in enumerate(delivered)])
    source = opened(since={"parameter": "since", "column": "updated_at"})

    taken = source.waiting(None)
    source.release(taken)
    source.waiting(taken.progress)

    assert api.asked("since") == [None, greatest]
    assert taken.progress == {"fetch": 1, "since": greatest}


def test_numbers_are_compared_as_numbers_over_all_pages_and_fetches(api, opened):
    api.answer = lambda r: Reply({"1": [{"id": 9}], "2": [{"id": 10}], "3": [{"id": 8}]}.get(r.query["page"], []))
    source = opened(pages=PAGES, since={"parameter": "above", "column": "id"}, parameters={"above": 0})
    first = source.waiting(None)
    api.answer = lambda r: Reply([{"id": 7}] if r.query["page"] == "1" else [])
    second = source.waiting(first.progress)

    assert (first.progress["since"], second.progress["since"]) == ("10", "10")
    assert api.asked("above") == ["0"] * 4 + ["10"] * 2
    assert second.range["request"] == f"{api.url}/orders?above=10"


def test_a_column_that_cannot_be_compared_is_told_in_one_line(api, opened):
    api.answer = lambda _: Reply([{"id": 1, "updated_at": "01.05.2024"}])

    with pytest.raises(RunFailed, match=r"no record has an ISO 8601 .* in 'updated_at', .* one has '01\.05\.2024'"):
        opened(since={"parameter": "since", "column": "updated_at"}).waiting(None)


def test_a_spool_that_cannot_be_written_is_told_in_one_line(api, orders, tmp_path):
    api.answer = pages(1)
    Path(tmp_path / "spool").write_text("a file stands here")

    with pytest.raises(RunFailed, match=r"a fetched page cannot be written \(.*\)\. Free space"):
        RestSource(None, orders(pages=PAGES), str(tmp_path / "spool")).waiting(None)


def test_two_runs_do_not_fetch_into_one_spool(api, opened):
    held = []

    def meanwhile(_):
        try:
            opened().waiting(None)
        except RunFailed as refused:
            held.append(str(refused))
        return Reply([{"id": 1}])

    api.answer = meanwhile
    opened().waiting(None)

    assert len(held) == 1
    assert "another run is fetching this dataset" in held[0]


def test_a_spool_may_be_any_place_that_fsspec_opens(api, orders):
    api.answer = pages(2)
    source = RestSource(None, orders(pages=PAGES), "memory://spool")

    taken = source.waiting(None)

    assert (taken.range["pages"], source.waiting(None)) == (3, taken)
    source.release(taken)
    assert source.waiting(None) == taken
    assert len(api.requests) == 6
