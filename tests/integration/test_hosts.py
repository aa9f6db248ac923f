"""Hosts that tests make are apart from each other, and leave nothing behind."""

import subprocess
import sys
from pathlib import Path

from tests.services.hosts import hosts
from tests.waiting import until


def test_hosts_reach_each_other_by_name_and_end_with_all_that_runs_on_them(tmp_path):
    serve = "import socket; s = socket.create_server(('w2', 7000)); print('up', flush=True); print(s.accept()[1][0])"
    call = "import socket; socket.create_connection(('w2', 7000)); print(socket.gethostname())"

    with hosts(tmp_path, "driver", "w1", "w2") as (_, w1, w2):
        log = tmp_path / "w2.log"
        serving = w2.start([sys.executable, "-c", serve], log, {})
        until(lambda: "up" in log.read_text())
        called = subprocess.run([*w1.prefix, sys.executable, "-c", call], check=True, capture_output=True, text=True)
        serving.wait(timeout=20)
        forgotten = w1.start(["sleep", "600"], tmp_path / "w1.log", {})
        (sleeping,) = until(lambda: w1.processes("sleep"))

    assert called.stdout == "w1\n"
    assert log.read_text().split() == ["up", w1.address]
    assert forgotten.returncode is not None
    assert not sleeping.is_running()
    assert not any(Path("/sys/class/net").glob("tidemill*"))
