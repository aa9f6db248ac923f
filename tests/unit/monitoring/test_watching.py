import socket
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from tidemill.alerts import open_alerts
from tidemill.config import AlertsConfig, MetricsConfig
from tidemill.contract import Alerts
from tidemill.errors import RunFailed
from tidemill.monitoring import watched


def figures(file):
    families = text_string_to_metric_families(file.read_text())
    return {(one.name, *sorted(one.labels.values())): one.value for family in families for one in family.samples}


def configured(ran, folder, webhook=None, pushgateway=None):
    own = MetricsConfig(folder=str(folder) if folder else None, pushgateway=pushgateway)
    return ran.config.model_copy(update={"metrics": own, "alerts": AlertsConfig(webhook=webhook)})


def limited(ran, **limits):
    return ran.contract.model_copy(update={"alerts": Alerts(**limits)})


def end(config, contract, *runs):
    with watched(config, contract, "ingest") as watch:
        watch.ended(runs)


def fail(config, contract, error):
    with pytest.raises(type(error)), watched(config, contract, "ingest"):
        raise error


def test_the_figures_of_the_last_committed_run_are_in_the_dataset_s_file(ran, tmp_path):
    before = time.time()

    end(configured(ran, tmp_path / "metrics"), ran.contract, ran.second)

    found = figures(tmp_path / "metrics" / "people.prom")
    assert found["tidemill_run_rows", "ingest", "people", "read"] == 3
    assert found["tidemill_run_rows", "ingest", "people", "quarantined"] == 1
    assert found["tidemill_run_pass_rate", "ingest", "people"] == pytest.approx(2 / 3)
    assert found["tidemill_run_duration_seconds", "ingest", "people"] > 0
    assert found["tidemill_run_check_failed_rows", "city.one_of", "ingest", "people"] == 1
    assert found["tidemill_run_check_failed_rows", "id.type", "ingest", "people"] == 0
    assert found["tidemill_last_success_timestamp_seconds", "ingest", "people"] >= before
    assert found["tidemill_last_failed", "ingest", "people"] == 0
    assert [path.name for path in (tmp_path / "metrics").iterdir()] == ["people.prom"]


def test_a_failure_is_in_the_figures_and_the_last_success_stays(ran, tmp_path):
    config = configured(ran, tmp_path)
    success = ("tidemill_last_success_timestamp_seconds", "ingest", "people")
    end(config, ran.contract)
    before = figures(tmp_path / "people.prom")[success]

    fail(config, ran.contract, RunFailed("no disk."))

    found = figures(tmp_path / "people.prom")
    assert (found["tidemill_last_failed", "ingest", "people"], found[success]) == (1, before)


def test_without_figures_from_before_the_ledger_says_when_a_job_last_ended_well(ran, tmp_path):
    fail(configured(ran, tmp_path), ran.contract, RunFailed("no disk."))

    found = figures(tmp_path / "people.prom")["tidemill_last_success_timestamp_seconds", "ingest", "people"]
    assert 0 < time.time() - found < 3600


def test_figures_of_a_home_in_a_store_are_left_out_unless_a_folder_is_configured(ran, tmp_path):
    with capture_logs() as logs:
        end(configured(ran, "s3a://bucket/metrics"), ran.contract)
        end(configured(ran, None), ran.contract)

    assert [(log["event"], log["log_level"]) for log in logs] == [("metrics_not_written", "debug")] * 2


def test_figures_are_pushed_where_a_gateway_is_configured(ran, tmp_path, receiver):
    end(configured(ran, None, pushgateway=f"http://127.0.0.1:{receiver.server_port}"), ran.contract)

    ((method, path, body),) = receiver.heard
    assert (method, path) == ("PUT", "/metrics/job/ingest/dataset/people")
    assert b'tidemill_run_rows{dataset="people",job="ingest",outcome="read"} 3.0' in body


def test_neither_a_gateway_nor_a_folder_nor_a_webhook_that_fails_fails_the_job(ran, tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("WEBHOOK", raising=False)

    with capture_logs() as logs:
        end(configured(ran, None, pushgateway=f"http://u:s3cret@127.0.0.1:{port}"), ran.contract)
        end(configured(ran, tmp_path / "file"), ran.contract)
        end(configured(ran, tmp_path, "${env:WEBHOOK}"), limited(ran, pass_rate=0.9), ran.second)

    assert [(log["event"], log["log_level"]) for log in logs] == [
        ("metrics_not_published", "warning"),
        ("metrics_not_published", "warning"),
        ("alert_not_sent", "warning"),
    ]
    assert "s3cret" not in str(logs)
    assert "WEBHOOK is not set" in logs[-1]["reason"]


def test_a_job_that_fails_says_so_in_its_own_line_and_no_other(ran, tmp_path):
    (tmp_path / "file").write_text("")

    with capture_logs() as logs:
        fail(configured(ran, tmp_path / "file"), ran.contract, RunFailed("the disk is full."))

    assert [(log["event"], log["log_level"]) for log in logs] == [("metrics_not_published", "info")]


def test_a_ledger_that_cannot_be_read_does_not_fail_the_job(ran, tmp_path):
    log = tmp_path / "ops" / "run_events" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("no json\n")
    config = configured(ran, tmp_path / "metrics").model_copy(update={"lake_root": str(tmp_path)})

    with capture_logs() as logs:
        end(config, ran.contract)

    assert [log["event"] for log in logs] == ["runs_not_watched"]


def test_a_low_pass_rate_is_posted_even_where_the_webhook_has_a_bad_moment(ran, tmp_path, receiver, monkeypatch):
    monkeypatch.setenv("WEBHOOK", receiver.url)
    receiver.statuses = [500]

    end(configured(ran, tmp_path, "${env:WEBHOOK}"), limited(ran, pass_rate=0.9), ran.second)

    assert [(body["kind"], body["run_id"]) for body in receiver.bodies] == [("pass_rate_low", ran.second.id)] * 2


def test_a_failure_is_posted_and_goes_on_its_way(ran, tmp_path, receiver, monkeypatch):
    monkeypatch.setenv("WEBHOOK", receiver.url)

    fail(configured(ran, tmp_path, "${env:WEBHOOK}"), ran.contract, RunFailed("no disk."))

    # The run that failed in the ledger did so before this job began, so it is not the one.
    assert [(body["kind"], body["run_id"]) for body in receiver.bodies] == [("run_failed", None)]


def test_a_failure_stands_open_until_the_job_ends_well(ran, tmp_path, receiver, monkeypatch):
    monkeypatch.setenv("WEBHOOK", receiver.url)
    config = configured(ran, None, "${env:WEBHOOK}").model_copy(update={"lake_root": str(tmp_path / "lake")})

    fail(config, ran.contract, RunFailed("no disk."))
    (failed,) = open_alerts(config)
    end(config, ran.contract)

    assert (failed.kind, failed.text) == ("run_failed", "ingest of people failed: no disk.")
    assert open_alerts(config) == []


def test_runs_of_before_are_not_told_of_again(ran, tmp_path, receiver, monkeypatch):
    monkeypatch.setenv("WEBHOOK", receiver.url)

    end(configured(ran, tmp_path, "${env:WEBHOOK}"), limited(ran, pass_rate=0.9, fresh_within="9 days"))

    assert receiver.heard == []
