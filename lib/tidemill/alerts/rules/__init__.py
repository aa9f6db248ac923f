"""Rules that say when a sensor's readings are wrong: one YAML file a dataset or a set of rules, in conf/alerts/."""

from tidemill.alerts.rules.loading import (
    DuplicateRule,
    Rules,
    UnknownRules,
    known_rule_files,
    load_rules,
    read_rules,
    rules_named,
)
from tidemill.alerts.rules.model import (
    AnomalyRule,
    DriftRule,
    RateRule,
    Rule,
    RuleFile,
    SilentRule,
    StuckRule,
    ThresholdRule,
)
from tidemill.alerts.rules.patterns import matches

__all__ = [
    "AnomalyRule",
    "DriftRule",
    "DuplicateRule",
    "RateRule",
    "Rule",
    "RuleFile",
    "Rules",
    "SilentRule",
    "StuckRule",
    "ThresholdRule",
    "UnknownRules",
    "known_rule_files",
    "load_rules",
    "matches",
    "read_rules",
    "rules_named",
]
