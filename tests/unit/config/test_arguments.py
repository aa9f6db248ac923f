import json

import pytest

from tidemill.config import job_arguments, run_job
from tidemill.errors import RequestWrong, RunFailed


@pytest.fixture(autouse=True)
def _named(monkeypatch):
    monkeypatch.setattr("sys.argv", ["jobs/ingest.py"])
    monkeypatch.delenv("TIDEMILL_TRACE", raising=False)


def test_a_mistyped_argument_is_answered_in_one_line_with_the_nearest(capsys):
    parser = job_arguments("ingest", "Bring a dataset.")
    parser.add_argument("--dataset", required=True)

    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--datset", "x"])

    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "ingest: unrecognized arguments: --datset. Did you mean --dataset? See ingest.py --help\n"
    )


def test_a_result_is_one_json_line_on_stdout(capsys):
    assert run_job(lambda _: {"job": "ingest", "runs": []}) == 0

    assert json.loads(capsys.readouterr().out) == {"job": "ingest", "runs": []}


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (RunFailed("the file\nis empty."), 1, "ingest: the file is empty.\n"),
        (RequestWrong("no such dataset."), 2, "ingest: no such dataset.\n"),
        (KeyError("x"), 1, "ingest: unexpected KeyError: 'x' (set TIDEMILL_TRACE=1 to see where)\n"),
    ],
)
def test_an_error_is_one_line_on_stderr_and_its_exit_status(capsys, error, status, line):
    def fails(_: list[str]) -> dict[str, object]:
        raise error

    assert run_job(fails) == status
    told = capsys.readouterr()
    assert (told.err, told.out) == (line, "")


def test_several_settings_follow_one_set_and_another_adds_to_them():
    parser = job_arguments("train_images", "Train.")

    request = parser.parse_args(["--set", "a=1", "b=2", "--env", "local", "--set", "c=3"])

    assert request.overrides == ["a=1", "b=2", "c=3"]
