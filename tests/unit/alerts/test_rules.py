import os

import pytest
from structlog.testing import capture_logs

from tidemill.alerts.rules import DuplicateRule, Rules, UnknownRules, load_rules, matches, read_rules, rules_named
from tidemill.config import WrongDocument, load_config

GOOD = """dataset: site
rules:
  - {name: hot, kind: threshold, above: 100, clear: 95, for: 10 minutes, sensors: ["*/temp"]}
  - {name: odd, kind: anomaly}
  - {name: fast, kind: rate, change: 15, per: 1 hour}
  - {name: stuck, kind: stuck, for: 12 hours, usual: [0]}
  - {name: silent, kind: silent, intervals: 4, severity: critical}
  - {name: away, kind: drift, every: 1 day, memory: 30 days}
"""


def written(folder, text, name="site.yaml"):
    path = folder / name
    path.write_text(text)
    return path


@pytest.fixture
def config(tmp_path):
    (tmp_path / "alerts").mkdir()
    return load_config("local", home=str(tmp_path / "home")).model_copy(update={"conf_dir": tmp_path})


def test_each_kind_of_rule_is_read(tmp_path):
    file = read_rules(written(tmp_path, GOOD))

    assert file.dataset == "site"
    assert [rule.kind for rule in file.rules] == ["threshold", "anomaly", "rate", "stuck", "silent", "drift"]
    assert file.rules[0].duration.total_seconds() == 600
    assert file.rules[4].sensors == ("**",)


@pytest.mark.parametrize(
    ("good", "wrong", "told"),
    [
        ("above: 100", "abvoe: 100", r"site.yaml, line 3: unknown key 'rules.0.abvoe'. Did you mean 'above'\?"),
        ("kind: anomaly", "kind: odd", "site.yaml, line 4: .*'threshold', 'anomaly', 'rate', 'stuck'"),
        ("per: 1 hour", "per: an hour", "site.yaml, line 5: 'rules.2.per': string should match"),
        ("clear: 95", "clear: 105", "line 3: 'rules.0.threshold': clear 105 must not be more than above 100"),
        ("above: 100, clear: 95, ", "", "line 3: 'rules.0.threshold': give above or below"),
        ("for: 12 hours, ", "", "line 6: 'rules.3.stuck': give for, readings or both"),
        ("intervals: 4, ", "", "line 7: 'rules.4.silent': give for, intervals or both"),
        ("intervals: 4, ", "intervals: 4, settle: 1 hour, ", "line 7: 'rules.4.silent': settle is not for kind silent"),
        ("name: odd", "name: hot", "rules: two are named 'hot'"),
        ("memory: 30 days", "memory: 2 days", "memory 2 days must be at least ten times every 1 day"),
        ("severity: critical", "severity: high", "line 7: 'rules.4.severity'"),
        ("kind: anomaly", 'kind: anomaly, message: "{sensro} is odd"', "there is no {sensro}. Did you mean 'sensor'"),
        ("kind: anomaly", 'kind: anomaly, message: "{sensor:.1f}"', "value is a number"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, good, wrong, told):
    path = written(tmp_path, GOOD.replace(good, wrong, 1))

    with pytest.raises(WrongDocument, match=told):
        read_rules(path)


@pytest.mark.parametrize(
    ("pattern", "sensor", "taken"),
    [
        ("*/temp", "EWR/temp", True),
        ("*/temp", "EWR/dewp", False),
        ("*/temp", "north/EWR/temp", False),
        ("EWR/*", "EWR/temp", True),
        ("**", "north/EWR/temp", True),
        ("[EJ]*/t*", "JFK/temp", True),
        ("*/temp", "EWR/Temp", False),
    ],
)
def test_a_star_stays_within_one_value(pattern, sensor, taken):
    assert matches(sensor, (pattern,)) is taken


def test_a_datasets_rules_may_stand_in_several_files(config):
    written(config.conf_dir / "alerts", "dataset: site\nrules: [{name: b, kind: anomaly}]", "b.yaml")
    written(config.conf_dir / "alerts", "dataset: site\nrules: [{name: a, kind: anomaly}]", "a.yaml")
    written(config.conf_dir / "alerts", "dataset: other\nrules: [{name: a, kind: anomaly}]", "c.yaml")

    assert [rule.name for rule in load_rules(config, "site")] == ["a", "b"]
    assert load_rules(config, "nothing") == ()


def test_one_name_in_two_files_is_refused(config):
    for name in ("a.yaml", "b.yaml"):
        written(config.conf_dir / "alerts", "dataset: site\nrules: [{name: a, kind: anomaly}]", name)

    with pytest.raises(DuplicateRule, match=r"the rule 'a' of site stands in .*a.yaml too"):
        load_rules(config, "site")


def test_rules_are_found_by_name_or_path(config):
    path = written(config.conf_dir / "alerts", GOOD)

    assert rules_named(config, "site") == rules_named(config, str(path))
    with pytest.raises(UnknownRules, match=r"there are no rules 'sites'. Did you mean 'site'\?"):
        rules_named(config, "sites")


def test_changed_rules_are_read_again_and_wrong_ones_are_not_taken(config):
    path = written(config.conf_dir / "alerts", "dataset: site\nrules: [{name: a, kind: anomaly}]")
    rules = Rules(config, "site")
    assert not rules.reloaded_if_changed()

    changed(path, "dataset: site\nrules: [{name: b, kind: anomaly}]")
    assert rules.reloaded_if_changed()
    assert [rule.name for rule in rules.now] == ["b"]

    changed(path, "dataset: site\nrules: [{name: c, knid: anomaly}]")
    with capture_logs() as logs:
        assert not rules.reloaded_if_changed()
        assert not rules.reloaded_if_changed()
    assert [rule.name for rule in rules.now] == ["b"]
    assert len(logs) == 1
    assert "line 2" in logs[0]["reason"]


def changed(path, text):
    before = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))
