"""Casting text to a contract's types; a text that is no value of its type becomes null here and fails COLUMN.type."""

import re

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

from tidemill.contract import Column
from tidemill.contract.columns import DECIMAL, FRACTIONS

# Longer texts are no decimal that fits 38 digits, and Java's arithmetic would take hours over some of them.
LONGEST_DECIMAL = 100
# As devices write moments. Spark compiles two regular expressions for every text that ends in a zone.
IN_UTC = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$"
OFFSET_LETTERS = re.compile(r"[VzOXxZ]")


def cast_expression(name: str, column: Column) -> Expression:
    """The typed value of a column's text, null where it is none.

    A timestamp without an offset is taken in the column's time zone, else in UTC, the session's.
    """
    if column.type == "string":
        return F.col(f"`{name}`")
    if column.format:
        return _formatted(name, column, column.format)
    return F.expr(_sql(name, column))


def _sql(name: str, column: Column) -> str:
    if column.type == "timestamp":
        return _timestamp(name, column.time_zone)
    if column.type == "date":
        return _date(name)
    if column.type in FRACTIONS:
        return _fraction(name, column.type)
    return _decimal(name, column.type) if DECIMAL.match(column.type) else f"try_cast(`{name}` as {column.type})"


def holds_offset(pattern: str) -> bool:
    """Whether a format in Spark's pattern letters reads the offset from UTC, or the time zone, from the text."""
    return OFFSET_LETTERS.search(re.sub(r"'[^']*'", "", pattern)) is not None


def _formatted(name: str, column: Column, pattern: str) -> Expression:
    moment = F.try_to_timestamp(F.col(f"`{name}`"), F.lit(pattern))
    if column.type == "date":
        return moment.cast("date")
    wall_clock = column.time_zone is not None and not holds_offset(pattern)
    return F.to_utc_timestamp(moment, str(column.time_zone)) if wall_clock else moment


def _fraction(name: str, kind: str) -> str:
    # Java also reads NaN and Infinity, 1d, 1f and hexadecimal digits, which nobody delivers as a number.
    letters = " or ".join(f"contains(`{name}`, '{letter}')" for letter in "nNxX")
    endings = " or ".join(f"endswith(`{name}`, '{letter}')" for letter in "dDfF")
    return f"case when not ({letters} or {endings}) then try_cast(`{name}` as {kind}) end"


def _decimal(name: str, kind: str) -> str:
    # Java also reads the digits of other scripts, which no other type takes, and counts up to any exponent.
    plain = f"octet_length(`{name}`) <= {LONGEST_DECIMAL} and octet_length(`{name}`) = char_length(`{name}`)"
    exponent = f"contains(`{name}`, 'e') or contains(`{name}`, 'E')"
    small = f"`{name}` rlike '[eE][+-]?[0-9]{{1,3}}[ \\t\\r\\n]*$'"
    return f"case when {plain} and (not ({exponent}) or {small}) then try_cast(`{name}` as {kind}) end"


def _date(name: str) -> str:
    # Spark also reads a year alone, and drops whatever follows a blank or a T.
    bare = f"trim(`{name}`)"
    alone = f"instr({bare}, ' ') = 0 and instr({bare}, 'T') = 0"
    return (
        f"case when {_has_day(bare)} and (({alone}) or try_cast({bare} as timestamp) is not null) "
        f"then try_cast({bare} as date) end"
    )


def _timestamp(name: str, time_zone: str | None) -> str:
    # Spark also reads a year alone, and a time alone as one of today.
    bare = f"trim(`{name}`)"
    # The session's zone is UTC, so that one of UTC may go.
    without_zone = f"substring({bare}, 1, octet_length({bare}) - 1)"
    moment = f"try_cast(if({bare} rlike '{IN_UTC}', {without_zone}, {bare}) as timestamp)"
    if time_zone:
        # Behind the day, letters and signs are an offset or a zone; T stands before the time.
        own_offset = f"substring({bare}, 9) rlike '[A-SU-Za-z+-]'"
        moment = f"if({own_offset}, {moment}, to_utc_timestamp({moment}, '{time_zone}'))"
    return f"case when {_has_day(bare)} then {moment} end"


def _has_day(bare: str) -> str:
    """Whether a text begins like a date of the years 1 to 9999, beyond which other readers know no dates."""
    return f"instr({bare}, '-') = 5 and octet_length({bare}) >= 8 and {bare} >= '0001'"
