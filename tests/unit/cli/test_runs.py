import json
import re

from tidemill.cli import main


def test_the_newest_runs_are_listed_with_their_state_counts_and_errors(at_home, capsys):
    assert main.exit_status(["runs"]) == 0

    header, planned, failed, second, first, error = capsys.readouterr().out.splitlines()
    assert header.split()[:4] == ["run", "job", "dataset", "started"]
    assert (planned.split()[0], planned.split()[-1]) == (at_home.planned.id, "unfinished")
    assert failed.split()[0] == at_home.failed.id
    assert header.split()[-6:] == ["quarantined", "late", "duplicate", "unchanged", "stale", "passed"]
    assert second.split()[-9:] == ["committed", "3", "1", "1", "0", "0", "1", "0", "66.67%"]
    assert first.split()[-9:] == ["committed", "4", "1", "3", "0", "0", "0", "0", "25.00%"]
    assert error.startswith(f"{at_home.failed.id} people: the check 'not_too_many' failed")


def test_a_narrow_terminal_has_fewer_columns_and_none_is_cut(at_home, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")

    assert main.exit_status(["runs", "--dataset", "people"]) == 0

    header, _, second, *_ = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert header.split() == ["run", "dataset", "state", "read", "accepted", "quarantined", "passed"]
    assert second.split() == [at_home.second.id, "people", "committed", "3", "1", "1", "66.67%"]


def test_with_json_each_run_is_one_object_a_line(at_home, capsys):
    assert main.exit_status(["runs", "--json", "--dataset", "people", "--last", "2"]) == 0

    failed, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (failed["run_id"], failed["state"], failed["rows_read"]) == (at_home.failed.id, "failed", None)
    assert (second["run_id"], second["rows_read"], second["rows_quarantined"]) == (at_home.second.id, 3, 1)


def test_before_any_run_one_line_says_what_to_do(at_home, capsys, tmp_path):
    assert main.exit_status(["runs", "--home", str(tmp_path)]) == 0

    told = capsys.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert line.startswith(f"tidemill: no runs yet in {tmp_path}/lake. Run a job")


def test_a_dataset_without_runs_is_told_from_a_mistyped_one(at_home, capsys, tmp_path):
    assert main.exit_status(["runs", "--dataset", "people", "--home", str(tmp_path)]) == 0
    assert "no runs of people yet" in capsys.readouterr().err

    assert main.exit_status(["runs", "--dataset", "poeple"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "Did you mean 'people'?" in line


def test_no_run_at_all_cannot_be_asked_for(at_home, capsys):
    assert main.exit_status(["runs", "--last", "0"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
