import shutil
from pathlib import Path

import pytest

from tidemill.cli.main import exit_status

CONF = Path(__file__).parents[3] / "conf"
CONTRACT = """name: site
version: 1
mode: stream
source: {kind: kafka, servers: "localhost:9092", topic: site}
columns:
  sensor: {type: string, required: true}
  at: {type: timestamp, required: true}
  reading: {type: double}
event_time: at
stream: {entity: [sensor], value: reading}
"""


@pytest.fixture
def conf(tmp_path, monkeypatch):
    folder = tmp_path / "conf"
    shutil.copytree(CONF, folder, ignore=shutil.ignore_patterns("alerts", "datasets", "models"))
    for name in ("alerts", "datasets", "models"):
        (folder / name).mkdir()
    (folder / "datasets" / "site.yaml").write_text(CONTRACT)
    monkeypatch.setenv("TIDEMILL_CONF", str(folder))
    return folder


def rules(conf, name, dataset="site", rule="above: 1"):
    (conf / "alerts" / name).write_text(f"dataset: {dataset}\nrules: [{{name: hot, kind: threshold, {rule}}}]\n")


def test_right_rules_are_listed(conf, capsys):
    rules(conf, "site.yaml")

    assert exit_status(["check-config", "--no-sql"]) == 0

    assert capsys.readouterr().out.splitlines()[1] == "rules site: ok, 1 rules of site"


def test_every_wrong_file_of_rules_is_told(conf, capsys):
    rules(conf, "a.yaml", rule="abvoe: 1")
    rules(conf, "b.yaml", dataset="sight")

    assert exit_status(["check-config", "--no-sql"]) == 2

    first, second = capsys.readouterr().err.splitlines()
    assert "a.yaml, line 2: unknown key 'rules.0.abvoe'. Did you mean 'above'?" in first
    assert second.startswith("tidemill: rules b: there is no dataset 'sight'. Did you mean 'site'?")


def test_a_rule_that_two_files_have_is_told(conf, capsys):
    rules(conf, "a.yaml")
    rules(conf, "b.yaml")

    assert exit_status(["check-config", "--no-sql"]) == 2

    assert "the rule 'hot' of site stands in" in capsys.readouterr().err
