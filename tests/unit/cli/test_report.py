from pathlib import Path

from tidemill.cli import main


def test_the_page_s_place_is_printed(at_home, capsys):
    assert main.exit_status(["report", at_home.second.id]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    assert Path(line).read_text().startswith("<!doctype html>")


def test_an_unknown_run_is_answered_with_the_nearest_one(at_home, capsys):
    assert main.exit_status(["report", at_home.second.id[:-1]]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert f"Did you mean '{at_home.second.id}'?" in line


def test_before_any_run_one_line_says_so(at_home, capsys, tmp_path):
    assert main.exit_status(["report", at_home.second.id, "--home", str(tmp_path)]) == 2
    assert "There are no runs yet." in capsys.readouterr().err
