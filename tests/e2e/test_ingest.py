"""ingest.py as a person meets it: killed at any moment, given bad arguments, bad files, a bad home."""

import os
import shutil
import signal
import time

import pytest

# What differs between two runs over the same file in two homes.
WHERE_AND_WHEN = ("_source", "_run_id", "run_id", "_ingested_at", "_loaded_at", "_quarantined_at")
CUSTOMERS = [
    "customer_id;churn;tenure;contract;monthly_charges;total_charges;signed_up_at",
    "0001-AAAAA;No;12;One year;20.50;246.00;2017-09-01 00:00:00",
    "0002-BBBBB;Yes;1;Month-to-month;70.00;70.00;2018-08-01 00:00:00",
    "0002-BBBBB;No;1;Month-to-month;70.00;70.00;2018-07-01 00:00:00",
    "0003-CCCCC;No;many;Two year;30.00;300.00;2016-01-01 00:00:00",
    "no-id;No;5;Two year;30.00;150.00;2018-04-01 00:00:00",
]


@pytest.fixture
def delivered(job):
    folder = job.home / "landing" / "telco_customers"
    folder.mkdir(parents=True)
    (folder / "customers.csv").write_text("\n".join(CUSTOMERS) + "\n", encoding="utf-8-sig")
    return folder


def killed_at_the_first_commit_of(job, table: str) -> None:
    """Start the job and kill it, with all its processes, as soon as the table has its first commit."""
    commit = job.home / "lake" / table.replace(".", "/") / "_delta_log" / f"{0:020}.json"
    process = job.start("ingest", "--dataset", "telco_customers")
    deadline = time.monotonic() + 300
    while not commit.exists():
        assert process.poll() is None, f"the job ended before {table} had a commit"
        assert time.monotonic() < deadline, f"{table} had no commit in time"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_job_killed_between_its_commits_leaves_what_an_undisturbed_one_does(job, delivered, table):
    undisturbed = job.beside("undisturbed")
    shutil.copytree(delivered, undisturbed.home / "landing" / "telco_customers")
    whole = undisturbed("ingest", "--dataset", "telco_customers")
    assert whole.status == 0, whole.err

    # Deaths after each of its other commits: tests/integration/ingest/batch/test_killed_runs.py.
    killed_at_the_first_commit_of(job, "silver.telco_customers")
    finished = job("ingest", "--dataset", "telco_customers")
    assert finished.status == 0, finished.err

    (run,), (expected,) = finished.result["runs"], whole.result["runs"]
    figures = [key for key in expected if key.startswith("rows_")]
    assert {key: run[key] for key in figures} == {key: expected[key] for key in figures}
    assert (run["rows_read"], run["rows_accepted"], run["rows_quarantined"], run["rows_duplicate"]) == (5, 2, 2, 1)
    for name in ("bronze.telco_customers", "silver.telco_customers", "quarantine.telco_customers", "ops.checks"):
        assert table(job.home, name, WHERE_AND_WHEN) == table(undisturbed.home, name, WHERE_AND_WHEN)

    again = job("ingest", "--dataset", "telco_customers")
    assert (again.status, again.result["runs"]) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--dataset", "telco_custmers"], "there is no dataset 'telco_custmers'. Did you mean 'telco_customers'?"),
        (["--datset", "telco_customers"], "Did you mean --dataset?"),
        (["--dataset", "weather_readings"], "weather_readings is a stream dataset. Run: spark-submit jobs/stream.py"),
        (["--dataset", "telco_customers", "--env", "prod"], "there is no conf/prod.yaml"),
        (["--dataset", "telco_customers", "--set", "log_levl=debug"], "Did you mean 'log_level'?"),
    ],
)
def test_a_wrong_request_is_answered_in_one_line_and_with_status_2(job, arguments, complaint):
    ended = job("ingest", *arguments)

    assert ended.status == 2
    assert complaint in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not job.home.exists()


def test_a_bad_delivery_is_answered_in_one_line_with_status_1_and_nothing_is_written(job, delivered):
    (delivered / "more.csv").write_text("")

    ended = job("ingest", "--dataset", "telco_customers")

    assert ended.status == 1
    assert "more.csv" in ended.err
    assert "the file is empty" in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not list((job.home / "lake").glob("*/*/_delta_log"))


def test_a_home_that_cannot_be_written_is_named_in_one_line(job):
    job.home.write_text("a file stands where the folder should be")

    ended = job("ingest", "--dataset", "telco_customers")

    assert ended.status == 1
    assert f"the home {job.home} cannot be written" in ended.err
    assert len(ended.err.strip().splitlines()) == 1
