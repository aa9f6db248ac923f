from tidemill.cli import main


def test_what_is_due_is_a_line_each_and_the_status_says_so(at_home, capsys):
    assert main.exit_status(["alerts"]) == 1

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("run_failed: ingest of people failed: people: the check 'not_too_many' failed")


def test_a_job_that_failed_before_it_had_a_run_is_told_from_its_figures(at_home, capsys, tmp_path):
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "people.prom").write_text('tidemill_last_failed{dataset="people",job="ingest"} 1.0\n')

    assert main.exit_status(["alerts", "people", "--home", str(tmp_path)]) == 1

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("run_failed: ingest of people failed: it ended before it had planned a run")


def test_a_contract_that_cannot_be_read_is_a_line_and_the_others_are_looked_at(at_home, conf, capsys):
    broken = conf / "datasets" / "broken.yaml"
    broken.write_text("name: broken\n")
    try:
        assert main.exit_status(["alerts"]) == 1
        assert main.exit_status(["alerts", "broken"]) == 2
    finally:
        broken.unlink()

    told = capsys.readouterr()
    assert told.out.startswith("run_failed: ingest of people failed")
    assert [line.split(":")[0] for line in told.err.splitlines()] == ["tidemill", "tidemill"]


def test_nothing_is_due_where_nothing_ran(at_home, capsys, tmp_path):
    assert main.exit_status(["alerts", "people", "--home", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


def test_alerts_are_posted_where_that_is_asked_for(at_home, capsys, receiver, monkeypatch):
    monkeypatch.setenv("WEBHOOK", receiver.url)

    assert main.exit_status(["alerts", "--send", "--set", "alerts.webhook=${env:WEBHOOK}"]) == 1

    assert [body["run_id"] for body in receiver.bodies] == [at_home.failed.id]
    assert "s3cret" not in "".join(capsys.readouterr())


def test_a_webhook_is_needed_to_post_and_is_never_written_into_the_configuration(at_home, capsys):
    assert main.exit_status(["alerts", "--send"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no webhook is configured" in line

    assert main.exit_status(["alerts", "--send", "--set", "alerts.webhook=http://host/hook"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "a secret is written ${env:NAME}" in line


def test_an_unknown_dataset_is_answered_with_the_nearest_one(at_home, capsys):
    assert main.exit_status(["alerts", "poeple"]) == 2
    assert "Did you mean 'people'?" in capsys.readouterr().err
