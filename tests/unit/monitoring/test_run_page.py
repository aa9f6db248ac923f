import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tidemill.contract import Alerts
from tidemill.lake import Counts
from tidemill.monitoring import CheckResult, FailedRows, RunRecord, UnknownRun
from tidemill.monitoring.ledger import Delivery, delivery_of
from tidemill.monitoring.run_page import run_page, write_run_page
from tidemill.reports import ReportsNotWritable

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
RUN = RunRecord(
    run_id="20260501T120000-0123abcd",
    job="ingest",
    dataset="people",
    state="committed",
    started_at=NOON,
    ended_at=NOON + timedelta(seconds=90),
    duration=timedelta(seconds=90),
    counts=Counts(read=100, accepted=90, quarantined=6, duplicate=4),
    contract_version=3,
    bytes_read=2048,
    table_versions={"silver.people": 7},
    error=None,
    version="0.1.0",
)
FAILED = replace(RUN, state="failed", counts=None, error="people: <b>the disk</b> is full", table_versions={})


def sections(html):
    return re.findall(r"<h2>(.*?)</h2>", html)


def test_what_was_unusual_about_a_delivery_is_on_its_page(ran):
    told = delivery_of(ran.config, ran.first.id)

    assert list(told.notes) == list(ran.first.notes)
    delivery = Delivery(["2 records have 'coupon' <b>"], {"city.trim": 1, "city.lower": 7})
    page = run_page(RUN, [], [], [RUN], None, delivery)
    assert "What was delivered" in sections(page)
    assert "&lt;b&gt;" in page
    assert page.index("city.lower") < page.index("city.trim")
    assert "What was delivered" not in sections(run_page(RUN, [], [], [RUN], None, Delivery()))


def test_a_run_that_did_not_commit_tells_nothing_of_its_delivery(ran):
    assert delivery_of(ran.config, ran.failed.id) == Delivery()


def test_a_committed_run_s_page_has_its_counts_checks_trend_and_versions(ran):
    path = write_run_page(ran.config, ran.first.id)

    html = path.read_text()
    assert str(path) == f"{ran.config.reports}/runs/{ran.first.id}.html"
    assert sections(html) == [
        "In short",
        "What became of the records",
        "What failed, by check",
        "The last 2 committed runs",
        "The run",
    ]
    assert "The books balance: 4 records read" in html
    assert "silver.people" in html
    assert html.count('class="plot"') == 4


def test_personal_values_are_not_on_a_page(ran):
    html = write_run_page(ran.config, ran.first.id).read_text()

    assert "got &#39;Rome&#39;" in html
    assert not [value for value in ("secret7", "bob@x.org", "nomail99") if value in html]


def test_a_failed_run_s_page_begins_with_its_error(ran):
    html = write_run_page(ran.config, ran.failed.id).read_text()

    assert sections(html)[0] == "In short"
    assert re.search(r'class="note bad">Failed: people: the check &#39;not_too_many&#39; failed', html)


def test_a_run_of_another_job_has_a_page_too(ran):
    html = write_run_page(ran.config, ran.planned.id).read_text()

    assert "Unfinished" in html
    assert sections(html) == ["In short", "The run"]


def test_a_page_of_no_run_is_refused(ran):
    with pytest.raises(UnknownRun):
        write_run_page(ran.config, "../../etc/passwd")


def test_books_that_do_not_balance_are_told(ran):
    html = run_page(replace(RUN, counts=Counts(read=100, accepted=90)), [], [], [RUN])

    assert "The books do not balance" in html


def test_what_came_from_outside_is_text_on_the_page():
    sample = {"message": "got '<script>alert(1)</script>'", "source": "f", "position": "1"}
    checks = [CheckResult("c", 100, 6)]

    html = run_page(RUN, checks, [FailedRows("c", 6, [sample])], [RUN]) + run_page(FAILED, [], [], [FAILED])

    assert "<script>alert" not in html
    assert "<b>the disk</b>" not in html


def test_failures_that_read_alike_are_shown_once_and_the_first_place_is_named():
    samples = [{"message": "expected x", "source": "/a/f.csv", "position": str(place)} for place in (1, 2, 3)]

    html = run_page(RUN, [CheckResult("c", 100, 6)], [FailedRows("c", 6, samples)], [RUN])

    assert html.count("expected x") == 1
    assert "<td>f.csv</td><td>1</td>" in html


@pytest.mark.parametrize(("limit", "tone"), [(0.93, "good"), (0.95, "bad")])
def test_the_pass_rate_is_judged_by_the_contract_s_limit(ran, limit, tone):
    contract = ran.contract.model_copy(update={"alerts": Alerts(pass_rate=limit)})

    html = run_page(RUN, [], [], [RUN], contract)

    assert f'<div class="{tone}"><dt>pass rate; at least {limit:.2%} is wanted</dt><dd>94.00%</dd>' in html


def test_reports_that_cannot_be_written_are_told_with_the_next_step(ran, tmp_path):
    (tmp_path / "file").write_text("")

    for reports in (str(tmp_path / "file"), "s3a://bucket/reports"):
        config = ran.config.model_copy(update={"reports": reports})
        with pytest.raises(ReportsNotWritable, match="--set reports=FOLDER"):
            write_run_page(config, ran.first.id)
