"""score.py --stream as a person runs it, on a home with a model of its own."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.integration.scoring.people import PEOPLE, House
from tidemill.config import load_config
from tidemill.lake import Lake
from tidemill.registry import Registry

MODEL = """
name: leaving
task: binary
table: gold.people
key: [id]
target: {column: left}
features: {numeric: [age, paid], categorical: [plan]}
candidates: [{algorithm: logistic_regression}]
metric: roc_auc
"""


@pytest.fixture
def house(spark, job, tmp_path, monkeypatch):
    conf = tmp_path / "conf"
    shutil.copytree(Path(__file__).parents[2] / "conf", conf)
    (conf / "models" / "leaving.yaml").write_text(MODEL)
    monkeypatch.setenv("TIDEMILL_CONF", str(conf))
    job.variables["TIDEMILL_CONF"] = str(conf)
    config = load_config(home=str(job.home))
    made = House(lake=Lake(spark, config.lake_root), registry=Registry(config))
    made.people(PEOPLE)
    made.train("leaving", 0.01)
    return made


def first_commit(job, process):
    """Wait until the predictions are there."""
    written = job.home / "lake" / "gold" / "leaving_predictions" / "_delta_log" / f"{0:020}.json"
    deadline = time.monotonic() + 300
    while not written.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "no prediction was written in time"
        time.sleep(0.02)


def test_a_stream_that_is_killed_loses_and_doubles_nothing_and_one_that_is_told_to_stop_ends_well(job, house, table):
    process = job.start("score", "--model", "leaving", "--stream")
    first_commit(job, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    begun = {event["run_id"] for event in table(job.home, "ops.run_events") if event["job"] == "score"}

    second = job("score", "--model", "leaving", "--stream", "--once", "--reasons", "2")
    assert second.status == 0, second.err
    rows = table(job.home, "gold.leaving_predictions")
    assert sorted(row["id"] for row in rows) == list(range(60))
    assert {row["_run_id"] for row in rows} <= begun

    house.people([(*row[:1], 99, *row[2:]) if row[0] == 7 else row for row in PEOPLE[1:]])
    process = job.start("score", "--model", "leaving", "--stream", "--reasons", "2")
    while "rows_accepted" not in (ended := last_run(job, table)) or ended["rows_accepted"] != 1:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    (run,) = json.loads(out)["runs"]
    assert (run["rows_read"], run["rows_accepted"], run["rows_unchanged"]) == (59, 1, 58)
    (own,) = [row for row in table(job.home, "gold.leaving_predictions") if row["_run_id"] == run["run_id"]]
    assert own["id"] == 7
    assert len(own["reasons"]) == 2
    assert own["reasons"][0]["column"] == "age"


def last_run(job, table):
    committed = [event for event in table(job.home, "ops.run_events") if event["event"] == "committed"]
    scored = [event for event in committed if event["job"] == "score"]
    return max(scored, key=lambda event: event["at"], default={})


def test_options_that_do_not_go_together_are_told_before_spark_starts(job):
    once, reasons = job("score", "--model", "churn", "--once"), job("score", "--model", "churn", "--reasons", "-1")

    assert (once.status, reasons.status) == (2, 2)
    assert once.err.strip() == "score: --once goes with --stream. See score.py --help"
    assert "'-1' is no whole number from 0 on" in reasons.err
