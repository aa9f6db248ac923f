import json
import shutil

import pytest

from tidemill.cli import main


@pytest.fixture
def lake(at_home, monkeypatch, tmp_path):
    """A copy of the lake, which a test may spoil."""
    shutil.copytree(f"{at_home.config.home}/lake", tmp_path / "lake")
    monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path))
    return tmp_path / "lake"


def test_the_tables_of_the_lake_are_listed_with_their_sizes(at_home, capsys):
    assert main.exit_status(["tables"]) == 0

    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["table", "rows", "files", "size", "version", "newest", "file", "(UTC)"]
    tables = {line.split()[0]: line.split()[1:] for line in lines}
    assert list(tables)[:3] == ["bronze.people", "silver.people", "quarantine.people"]
    assert tables["silver.people"][0] == "2"
    assert "ops.run_events" in tables


def test_a_layer_s_tables_are_listed_alone(at_home, capsys):
    assert main.exit_status(["tables", "--layer", "silver", "--json"]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["table"], told["rows"]) == ("silver.people", 2)
    assert told["bytes"] > 0


def test_a_table_that_is_named_shows_its_columns(at_home, capsys):
    assert main.exit_status(["tables", "silver.people"]) == 0

    out = capsys.readouterr().out
    _, columns = out.split("\n\n")
    shown = dict(line.split() for line in columns.splitlines())
    assert shown["column"] == "type"
    assert (shown["id"], shown["email"], shown["_warnings"]) == ("int", "string", "array<string>")

    assert main.exit_status(["tables", "silver.people", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["columns"]["id"] == "int"


def test_a_mistyped_table_is_answered_with_the_nearest_one(at_home, capsys):
    assert main.exit_status(["tables", "silver.poeple"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert "there is no table silver.poeple" in line
    assert "Did you mean 'silver.people'?" in line


def test_an_unknown_layer_is_a_wrong_request(at_home, capsys):
    assert main.exit_status(["tables", "--layer", "platinum"]) == 2
    assert "platinum" in capsys.readouterr().err


def test_before_any_run_one_line_says_what_to_do(at_home, capsys, tmp_path):
    assert main.exit_status(["tables", "--home", str(tmp_path)]) == 0

    told = capsys.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert line.startswith(f"tidemill: there is no table in {tmp_path}/lake yet. Run a job")


def test_a_table_that_cannot_be_read_is_told_and_the_others_are_listed(lake, capsys):
    broken = next((lake / "quarantine" / "people" / "_delta_log").glob("*.json"))
    broken.write_text("no json\n")

    assert main.exit_status(["tables"]) == 1

    told = capsys.readouterr()
    assert "silver.people" in told.out
    assert "quarantine.people" not in told.out
    first, last = told.err.splitlines()
    assert "quarantine/people cannot be read" in first
    assert last.startswith("tidemill: 1 of ")
