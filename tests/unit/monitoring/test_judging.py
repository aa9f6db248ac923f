from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tidemill.contract import Alerts
from tidemill.lake import Counts
from tidemill.monitoring import RunRecord, alerts_now
from tidemill.monitoring.judging import alerts_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
COUNTS = Counts(read=100, accepted=94, quarantined=6)
RUN = RunRecord("r1", "ingest", "people", "committed", NOON, NOON, timedelta(0), COUNTS, 3, 0, {}, None, "0.1.0")


def alerts(ran, limits, runs=(), rows_came=NOON, now=NOON, failure=None):
    contract = ran.contract.model_copy(update={"alerts": Alerts(**limits)})
    return list(alerts_of(contract, "ingest", runs, rows_came, now, failure))


@pytest.mark.parametrize(("limit", "told"), [(0.94, 0), (0.95, 1), (None, 0)])
def test_a_pass_rate_is_told_where_it_is_below_the_limit(ran, limit, told):
    found = alerts(ran, {"pass_rate": limit}, [RUN])

    assert [(alert.kind, alert.run_id) for alert in found] == [("pass_rate_low", "r1")] * told


def test_a_run_that_read_nothing_has_no_pass_rate_to_be_low(ran):
    assert alerts(ran, {"pass_rate": 1}, [replace(RUN, counts=Counts())]) == []


@pytest.mark.parametrize(("hours", "told"), [(1.9, 0), (2.1, 1)])
def test_a_source_is_stale_once_it_has_brought_no_rows_for_too_long(ran, hours, told):
    found = alerts(ran, {"fresh_within": "2 hours"}, now=NOON + timedelta(hours=hours))

    assert [alert.kind for alert in found] == ["source_stale"] * told


def test_a_source_is_not_stale_before_it_ever_brought_rows_or_without_a_limit(ran):
    later = NOON + timedelta(days=9)

    assert alerts(ran, {"fresh_within": "2 hours"}, rows_came=None, now=later) == []
    assert alerts(ran, {}, now=later) == []


def test_a_failure_is_told_with_its_reason_where_that_is_our_own(ran):
    from tidemill.errors import RunFailed

    (own,) = alerts(ran, {}, failure=("r2", RunFailed("no disk.")))
    (foreign,) = alerts(ran, {}, failure=(None, ValueError("password=s3cret")))

    assert (own.kind, own.run_id, own.text) == ("run_failed", "r2", "ingest of people failed: no disk.")
    assert (foreign.run_id, foreign.text) == (None, "ingest of people failed: ValueError")


def test_the_same_fact_has_the_same_key_whenever_it_is_told(ran):
    found = [alerts(ran, {"fresh_within": "1 hour"}, now=NOON + timedelta(hours=hours))[0] for hours in (2, 3)]

    assert found[0].key == found[1].key
    assert found[0].text != found[1].text


def test_the_ledger_alone_says_what_is_due(ran):
    limits = Alerts(pass_rate=0.9, fresh_within="1 minute")
    contract = ran.contract.model_copy(update={"alerts": limits})

    found = alerts_now(ran.config, contract, datetime.now(UTC) + timedelta(hours=1))

    assert [(alert.kind, alert.run_id) for alert in found] == [
        ("run_failed", ran.failed.id),
        ("pass_rate_low", ran.second.id),
        ("source_stale", None),
    ]
