import json

from tidemill.cli import main


def test_the_newest_rows_are_shown_with_reasons_and_masked_records(at_home, capsys):
    assert main.exit_status(["quarantine", "people", "--limit", "2"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(",")[0].endswith("b.csv")
    assert lines[1].strip() == "city.one_of: expected one of Bonn, Kiel, Jena, got 'Rome'"
    assert json.loads(lines[2]) == {"id": "***", "mail": "***", "city": "Rome"}
    assert len([line for line in lines if not line.startswith(" ")]) == 2


def test_by_check_each_has_its_count_and_a_sample(at_home, capsys):
    assert main.exit_status(["quarantine", "people", "--by", "check", "--limit", "1"]) == 0

    count, reason, where = capsys.readouterr().out.splitlines()
    assert count.split() == ["2", "city.one_of"]
    assert reason.strip().endswith("got 'Rome'")
    assert where.split(", ")[1] in ("000000000001", "000000000002")


def test_with_json_rows_and_counts_are_one_object_a_line(at_home, capsys):
    assert main.exit_status(["quarantine", "people", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert main.exit_status(["quarantine", "people", "--json", "--by", "check", "--open"]) == 0
    counts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [row["run_id"] for row in rows] == [at_home.second.id, *[at_home.first.id] * 3]
    assert sum(count["rows"] for count in counts) == 5


def test_an_unknown_dataset_is_answered_with_the_nearest_one(at_home, capsys):
    assert main.exit_status(["quarantine", "poeple"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert "there is no dataset 'poeple'. Did you mean 'people'?" in line


def test_where_nothing_was_refused_one_line_says_so(at_home, capsys, tmp_path):
    assert main.exit_status(["quarantine", "people", "--home", str(tmp_path)]) == 0

    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "tidemill: quarantine.people has no rows.\n")


def test_a_mistyped_option_is_one_line(at_home, capsys):
    assert main.exit_status(["quarantine", "people", "--by", "chek"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
