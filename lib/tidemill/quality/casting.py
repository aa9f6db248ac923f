"""Casting text to a contract's types; a text that is no value of its type becomes null here and fails COLUMN.type."""

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

from tidemill.contract import Column


def cast_expression(name: str, column: Column) -> Expression:
    """The typed value of a column's text, null where it is none.

    A timestamp without an offset is taken in the column's time zone, else in UTC, the session's.
    """
    text = F.col(f"`{name}`")
    if column.type == "string":
        return text
    if column.type in ("date", "timestamp") and column.format:
        moment = F.try_to_timestamp(text, F.lit(column.format))
    elif column.type == "timestamp":
        moment = F.expr(f"try_cast(`{name}` as timestamp)")
    else:
        return F.expr(f"try_cast(`{name}` as {column.type})")
    if column.type == "date":
        return moment.cast("date")
    return F.to_utc_timestamp(moment, column.time_zone) if column.time_zone else moment
