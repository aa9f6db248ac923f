import subprocess
import sys
from pathlib import Path


def test_doctor_finds_this_machine_ready_and_really_runs_each_engine(tmp_path):
    command = Path(sys.executable).with_name("tidemill")

    ended = subprocess.run(
        [command, "doctor", "--home", tmp_path], check=False, capture_output=True, text=True, timeout=600
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    for told in (
        "a table written and read",
        "a pipeline fitted",
        "all-reduce of 2 processes",
        "This machine is ready.",
    ):
        assert told in ended.stdout
