"""publish.py as a person submits it: killed in the midst, run again, and run once more."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from tidemill.lake import Lake, Mark

REPOSITORY = Path(__file__).parents[3]
# A short-lived JVM: the quick compiler alone takes half the processor time.
QUICK = "-XX:TieredStopAtLevel=1 -Duser.timezone=UTC"
SCHEMA = "origin string, day date, readings int"
WAITING = (
    "select count(*) from pg_stat_activity where application_name = 'tidemill publish' and wait_event_type = 'Lock'"
)
STAGED = "select count(*) from pg_class where relname like 'tidemill_staging%'"


@pytest.fixture
def submit(postgres, tmp_path):
    """Starts publish.py on a home, with its processes in a group of their own."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "TIDEMILL_"))}
    path = f"{Path(sys.executable).parent}:{own['PATH']}"
    variables = {**own, "PATH": path, "SHOP_USER": postgres.user, "SHOP_PASSWORD": postgres.password}
    target = [f"publish.url={postgres.url}", "publish.user=${env:SHOP_USER}", "publish.password=${env:SHOP_PASSWORD}"]

    def start(*arguments):
        return subprocess.Popen(
            [
                "spark-submit",
                "--driver-java-options",
                QUICK,
                "jobs/publish.py",
                "--home",
                str(tmp_path / "home"),
                *arguments,
            ]
            + [part for setting in target for part in ("--set", setting)],
            cwd=REPOSITORY,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def ended(process):
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def until(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)


def test_a_job_killed_within_its_transaction_leaves_the_old_rows_and_is_run_again(spark, postgres, submit, tmp_path):
    postgres.execute("drop table if exists weather_daily, tidemill_published")
    lake = Lake(spark, str(tmp_path / "home" / "lake"))
    rows = [("JFK", date(2024, 1, 1), 24), ("LGA", date(2024, 1, 1), 23)]
    lake.replace("gold.weather_daily", spark.createDataFrame(rows, SCHEMA), Mark("test", "test", 1))
    status, _, told = ended(submit("--table", "gold.weather_daily"))
    assert status == 0, told
    lake.replace("gold.weather_daily", spark.createDataFrame(rows[:1], SCHEMA), Mark("test", "test", 2))

    with postgres.connect() as holder, postgres.connect() as watcher:
        # Rows cannot be changed while this is held, so that the job stands in the midst of its transaction.
        holder.execute("begin")
        holder.execute("lock table weather_daily in share mode")
        process = submit("--table", "weather_daily")
        until(lambda: process.poll() is not None or watcher.execute(WAITING).fetchone() == (1,))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        holder.execute("commit")
        until(lambda: watcher.execute(STAGED).fetchone() == (0,))
        assert watcher.execute("select count(*) from weather_daily").fetchone() == (2,)

    status, out, told = ended(submit("--table", "weather_daily"))
    assert status == 0, told
    result = json.loads(out)
    assert (result["version"], result["rows"], result["runs"][0]["rows_deleted"]) == (1, 1, 1)

    status, out, told = ended(submit("--table", "weather_daily"))
    assert (status, json.loads(out)["runs"]) == (0, [])
    assert told == "publish: gold.weather_daily version 1 is published already; nothing to do.\n"


def test_a_table_that_was_not_built_is_told_in_one_line_with_status_2(submit):
    status, _, told = ended(submit("--table", "weather_daly"))

    assert status == 2
    assert "there is no gold table 'weather_daly'. Did you mean 'weather_daily'?" in told
    assert len(told.splitlines()) == 1
