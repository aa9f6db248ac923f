"""Cleansing: the delivered text of each column, step by step in the contract's order."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from tidemill.contract import Contract
from tidemill.contract.cleansing import number_signs

# What people see as blank, and Spark's trim, which takes spaces alone, leaves.
BLANKS = " \t\r\n\u00a0"
# Spaces that stand between thousands.
SPACES = " \u00a0\u202f\u2009"


def cleansed(delivered: DataFrame, contract: Contract) -> DataFrame:
    """Cleanse the delivered text.

    Args:
        delivered: bronze's columns; those of the contract are strings.
        contract: whose `cleanse` is applied.

    Returns:
        The same columns, those of the contract cleansed.
    """
    frame, texts = delivered, _texts(contract)
    for step in contract.cleanse:
        ((verb, given),) = step.model_dump(exclude_none=True).items()
        if verb == "set":
            # Its SQL sees the texts as the steps before it left them.
            frame, texts = _with(frame, texts), _texts(contract)
            texts |= {name: F.expr(sql).cast("string") for name, sql in given.items()}
            continue
        for name in step.columns() or tuple(texts):
            argument = given.get(name) if isinstance(given, dict) else given
            texts[name] = STEPS[verb](texts[name], argument, contract.columns[name].type)
    return _with(frame, texts)


def _texts(contract: Contract) -> dict[str, Column]:
    return {name: F.col(f"`{name}`") for name in contract.columns}


def _with(frame: DataFrame, texts: dict[str, Column]) -> DataFrame:
    others = [F.col(f"`{column}`") for column in frame.columns if column not in texts]
    return frame.select(*[text.alias(name) for name, text in texts.items()], *others)


def _replaced(text: Column, replacements: dict[str, str], _: str) -> Column:
    result = text
    for old, new in replacements.items():
        result = F.when(text == F.lit(old), F.lit(new)).otherwise(result)
    return result


def _regex_replaced(text: Column, replacements: dict[str, str], _: str) -> Column:
    for pattern, new in replacements.items():
        text = F.regexp_replace(text, pattern, new)
    return text


def _number(text: Column, example: str, _: str) -> Column:
    """The number as SQL writes it; a text that is not written like the example, as one that is no number."""
    group, decimal = number_signs(example)
    between = f"[{SPACES}]" if group == " " else re.escape(group)
    thousands = rf"\d{{1,3}}(?:{between}\d{{3}})+|" if group else ""
    cents = rf"(?:{re.escape(decimal)}\d+)?" if decimal else ""
    plain = F.regexp_replace(text, between, "") if group else text
    plain = F.translate(plain, decimal, ".") if decimal else plain
    return _or_refused(text, text.rlike(rf"^[+-]?(?:{thousands}\d+){cents}$"), plain, example)


def _date(text: Column, formats: Sequence[str], kind: str) -> Column:
    """The moment as SQL writes it, by the first format that fits; a text that fits none, as one that is no date."""
    moment = F.coalesce(*[F.try_to_timestamp(text, F.lit(each)) for each in formats])
    written = F.date_format(moment, "yyyy-MM-dd" if kind == "date" else "yyyy-MM-dd HH:mm:ss.SSSSSS")
    return _or_refused(text, moment.isNotNull(), written, " or ".join(formats))


def _or_refused(text: Column, fits: Column, result: Column, expected: str) -> Column:
    # Left as it is, it might be taken for a value: 1.234 for a bit more than one.
    refused = F.concat(F.lit(f"not written as {expected}: "), text)
    return F.when(text.isNull(), text).when(fits, result).otherwise(refused)


def _composed(text: Column, *_: Any) -> Column:
    # Nothing in Spark's SQL composes characters.
    return F.udf(_nfc, StringType(), useArrow=True)(text)


def _nfc(text: str | None) -> str | None:
    return None if text is None else unicodedata.normalize("NFC", text)


STEPS: dict[str, Callable[[Column, Any, str], Column]] = {
    "trim": lambda text, *_: F.btrim(text, F.lit(BLANKS)),
    "collapse_spaces": lambda text, *_: F.regexp_replace(text, f"[{BLANKS}]+", " "),
    "empty_to_null": lambda text, *_: F.when(text != "", text),
    "null_values": lambda text, values, _: F.when(~text.isin(*values), text),
    "lower": lambda text, *_: F.lower(text),
    "upper": lambda text, *_: F.upper(text),
    "title": lambda text, *_: F.initcap(text),
    "unicode": _composed,
    "replace": _replaced,
    "regex_replace": _regex_replaced,
    "numbers": _number,
    "dates": _date,
    "fill": lambda text, value, _: F.coalesce(text, F.lit(value)),
}
"""Each takes the text, the step's argument for the column, and the column's type."""
