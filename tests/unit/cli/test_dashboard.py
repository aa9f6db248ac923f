import socket
from pathlib import Path

import pytest

from tidemill.cli import main


@pytest.fixture(autouse=True)
def at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("TIDEMILL_CONF", str(Path(__file__).parents[3] / "conf"))
    monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path))


def test_a_host_that_others_reach_is_refused_without_a_password(capsys):
    assert main.exit_status(["dashboard", "--host", "0.0.0.0"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tidemill: --host 0.0.0.0: others could read the dashboard")


def test_a_password_in_the_configuration_itself_is_refused(capsys):
    assert main.exit_status(["dashboard", "--set", "dashboard.password=hunter2hunter2"]) == 2

    assert "a secret is written ${env:NAME}" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told_in_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main.exit_status(["dashboard", "--port", str(taken.getsockname()[1])]) == 2

    assert "the dashboard cannot listen here (Address already in use)" in capsys.readouterr().err.splitlines()[-1]
