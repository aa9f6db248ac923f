"""A store that several jobs make at the same moment, and one whose making was cut short."""

import subprocess
import sys
from contextlib import ExitStack

from tidemill.registry.local_store import ensure_local_store

MAKES_ITS_EXPERIMENT = """
import sys
from tidemill.registry.local_store import ensure_local_store
from tidemill.registry.quiet import quiet_mlflow
uri, name = sys.argv[1:]
mlflow = quiet_mlflow()
print("ready", flush=True)
sys.stdin.readline()
ensure_local_store(uri)
mlflow.MlflowClient(uri, uri).create_experiment(name)
"""


def experiments(uri):
    from tidemill.registry.quiet import quiet_mlflow

    return {found.name for found in quiet_mlflow().MlflowClient(uri, uri).search_experiments()}


def test_jobs_that_make_the_store_at_the_same_moment_all_get_to_use_it(tmp_path):
    uri = f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    with ExitStack() as jobs:
        started = [
            jobs.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", MAKES_ITS_EXPERIMENT, uri, name],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for name in ("churn", "housing")
        ]
        for job in started:
            assert job.stdout.readline() == "ready\n"
        for job in started:
            job.stdin.write("go\n")
            job.stdin.flush()
        said = [job.communicate(timeout=120)[1] for job in started]

    assert [job.returncode for job in started] == [0, 0], said
    assert experiments(uri) == {"Default", "churn", "housing"}
    assert {path.name for path in (tmp_path / "mlflow").iterdir()} == {"mlflow.db", "mlflow.db.lock"}


def test_a_store_that_is_there_is_left_as_it_is(tmp_path):
    file = tmp_path / "mlflow.db"
    file.write_bytes(b"somebody's")

    ensure_local_store(f"sqlite:///{file}")

    assert file.read_bytes() == b"somebody's"


def test_what_a_killed_job_left_aside_hinders_nobody(tmp_path):
    (tmp_path / "between-killed").mkdir()
    (tmp_path / "between-killed" / "mlflow.db").write_bytes(b"half a database")
    uri = f"sqlite:///{tmp_path}/mlflow.db"

    ensure_local_store(uri)

    assert experiments(uri) == {"Default"}


def test_a_store_on_a_server_is_the_servers_to_make(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    ensure_local_store("http://127.0.0.1:5000")

    assert list(tmp_path.iterdir()) == []
