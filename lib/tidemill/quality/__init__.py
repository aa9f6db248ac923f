"""What a contract does to rows: cleanse the delivered text, cast it, check it, and say why a row was refused."""

from tidemill.quality.across import NoReference
from tidemill.quality.casting import cast_expression
from tidemill.quality.checking import checked, failure_counts
from tidemill.quality.cleansing import change_counts, cleansed
from tidemill.quality.drift import Drift, beside_contract, drift, unknown_columns
from tidemill.quality.faults import SqlFailed, telling_sql
from tidemill.quality.reasons import FAILURES_TYPE
from tidemill.quality.requiring import WrongSql, require_sql
from tidemill.quality.rules import PARSE, Rule, needs_arrival, rules_of

__all__ = [
    "FAILURES_TYPE",
    "PARSE",
    "Drift",
    "NoReference",
    "Rule",
    "SqlFailed",
    "WrongSql",
    "beside_contract",
    "cast_expression",
    "change_counts",
    "checked",
    "cleansed",
    "drift",
    "failure_counts",
    "needs_arrival",
    "require_sql",
    "rules_of",
    "telling_sql",
    "unknown_columns",
]
