"""What a contract does to rows: cleanse the delivered text, cast it, check it, and say why a row was refused."""

from tidemill.quality.casting import cast_expression
from tidemill.quality.checking import FAILURES_TYPE, checked, failure_counts
from tidemill.quality.cleansing import cleansed
from tidemill.quality.rules import PARSE, Rule, WrongSql, require_sql, rules_of

__all__ = [
    "FAILURES_TYPE",
    "PARSE",
    "Rule",
    "WrongSql",
    "cast_expression",
    "checked",
    "cleansed",
    "failure_counts",
    "require_sql",
    "rules_of",
]
