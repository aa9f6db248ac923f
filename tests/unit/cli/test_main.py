import pytest

from tidemill import __version__
from tidemill.cli import main


def test_a_mistyped_command_is_answered_in_one_line_with_the_nearest_one(capsys):
    assert main.exit_status(["doctr"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tidemill: No such command 'doctr'. Did you mean 'doctor'?")


def test_an_unknown_option_is_answered_in_one_line(capsys):
    assert main.exit_status(["doctor", "--hom", "x"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert "--hom" in line


def test_an_error_of_the_configuration_is_one_line_and_keeps_its_exit_status(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TIDEMILL_CONF", str(tmp_path))

    assert main.exit_status(["doctor", "--quick"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tidemill: no conf/base.yaml")


def test_the_version_is_told(capsys):
    assert main.exit_status(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize("arguments", [["--help"], ["doctor", "--help"]])
def test_help_is_there_for_the_command_and_its_subcommands(capsys, arguments):
    assert main.exit_status(arguments) == 0
    assert "Usage: tidemill" in capsys.readouterr().out
