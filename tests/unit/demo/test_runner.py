import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from tidemill.demo.runner import StepFailed, SubmitMissing, submit
from tidemill.demo.steps import STEPS, Step

STEP = Step("load", ("--dataset", "shops"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose spark-submit is the Python of these tests, called through a shell as the real one is."""
    (tmp_path / "jobs").mkdir()
    own_options = 'while [ "${1#jobs/}" = "$1" ]; do shift; done'
    (tmp_path / "spark-submit").write_text(f'#!/bin/sh\n{own_options}\n"{sys.executable}" "$@"\n')
    (tmp_path / "spark-submit").chmod(0o755)
    return tmp_path


def run(project: Path, job: str, heard=lambda line: None):
    (project / "jobs" / "load.py").write_text(job)
    return submit(STEP, project, str(project / "home"), project / "logs", heard, executables=project)


def test_the_rows_of_all_runs_are_added_up(project):
    outcome = run(project, """print('a warning on stdout')\nprint('{"runs": [{"rows_read": 3}, {"rows_read": 4}]}')""")

    assert outcome.rows("read") == 7
    assert outcome.rows("quarantined") is None
    assert outcome.seconds > 0


def test_a_job_is_told_its_arguments_and_the_home(project):
    outcome = run(project, "import json, sys\nprint(json.dumps({'given': sys.argv[1:]}))")

    assert outcome.result["given"] == ["--dataset", "shops", "--home", str(project / "home")]


def test_a_failing_job_s_own_line_is_told_and_how_to_run_it_again(project):
    job = "import sys\nprint('WARN noise\\nload: no files in shops.\\nINFO bye', file=sys.stderr)\nsys.exit(2)"

    with pytest.raises(
        StepFailed, match=r"load: no files in shops\. Run that job again: spark-submit jobs/load.py"
    ) as e:
        run(project, job)

    assert e.value.exit_status == 2
    assert "INFO bye" in (project / "logs" / "load-shops.log").read_text()


def test_a_job_that_ends_well_without_a_result_has_failed(project):
    with pytest.raises(StepFailed, match="it said nothing"):
        run(project, "pass")


def test_what_the_job_says_is_heard_and_spark_s_own_noise_is_not(project):
    said: list[str] = []

    run(project, "import sys\nprint('WARN noise\\nload: fold 1 of 5', file=sys.stderr)\nprint('{}')", said.append)

    assert said == ["fold 1 of 5"]


def test_a_missing_job_is_named(project):
    with pytest.raises(SubmitMissing, match=r"jobs/load\.py is not there"):
        submit(STEP, project, "home", project / "logs", executables=project)


def test_stopping_the_demo_ends_the_job(project):
    job = f"import os, time\nopen('{project}/pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    pid_file = project / "pid"

    def interrupt() -> None:
        for _ in range(1000):
            if pid_file.exists() and pid_file.read_text():
                os.kill(os.getpid(), signal.SIGINT)
                return
            time.sleep(0.02)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        run(project, job)

    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(int(pid_file.read_text()), 0)
            time.sleep(0.05)


def test_every_dataset_is_loaded_before_what_is_built_of_it():
    names = [step.name for step in STEPS]

    assert names.index("ingest telco_customers") < names.index("build_gold customer_features")
    assert names.index("build_gold customer_features") < names.index("train_churn") < names.index("score churn")
    assert names.index("stream weather_readings") < names.index("build_gold weather_daily")
    assert names.index("ingest digits") < names.index("train_images") < names.index("score images")
