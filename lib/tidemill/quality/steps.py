"""The steps of `cleanse`: each turns the text of one column into another, as an expression."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from tidemill.contract.cleansing import number_signs

# What people see as blank, as Unicode's White_Space has it, and two characters that nobody sees. Those that most texts
# are tested for come first.
ASCII_BLANKS = " \t\r\n\v\f"
BLANKS = (
    f"{ASCII_BLANKS}\u0085\u00a0\u1680{''.join(map(chr, range(0x2000, 0x200B)))}\u2028\u2029\u202f\u205f\u3000"
    "\u200b\ufeff"
)
# Spaces that stand between thousands.
SPACES = " \u00a0\u202f\u2009"


class Step(NamedTuple):
    """One kind of step.

    Attributes:
        apply: gives the new text from the text, the step's argument for the column, and the column's type.
        mentions: how often the new text mentions the old one; code grows with it.
        changed: whether the text changes, from text and argument, where that is cheaper than to compare; else None.
    """

    apply: Callable[[Column, Any, str], Column]
    mentions: int
    changed: Callable[[Column, Any], Column] | None = None


def _trimmed(text: Column, *_: Any) -> Column:
    # Spark looks each end's characters up in the list of blanks, and maps the whole text for it. Most texts have none.
    ends = _any_of(text.endswith(blank) for blank in ASCII_BLANKS)
    return F.when((text < "!") | ends | _beyond_ascii(text), F.btrim(text, F.lit(BLANKS))).otherwise(text)


def _collapsed(text: Column, *_: Any) -> Column:
    within = _any_of(text.contains(blanks) for blanks in ("  ", *ASCII_BLANKS[1:]))
    return F.when(within | _beyond_ascii(text), F.regexp_replace(text, f"[{BLANKS}]+", " ")).otherwise(text)


def _beyond_ascii(text: Column) -> Column:
    return F.octet_length(text) != F.char_length(text)


def _any_of(conditions: Any) -> Column:
    return reduce(lambda left, right: left | right, conditions)


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
    thousands = rf"[0-9]{{1,3}}(?:{between}[0-9]{{3}})+|" if group else ""
    cents = rf"(?:{re.escape(decimal)}[0-9]+)?" if decimal else ""
    plain = F.translate(text, SPACES if group == " " else group, "") if group else text
    plain = F.translate(plain, decimal, ".") if decimal else plain
    return _or_refused(text, text.rlike(rf"^[+-]?(?:{thousands}[0-9]+){cents}\z"), plain, example)


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
    # Nothing in Spark's SQL composes characters; those of ASCII are.
    composed = F.udf(_nfc, StringType(), useArrow=True)(F.when(_beyond_ascii(text), text))
    return F.coalesce(composed, text)


def _nfc(text: str | None) -> str | None:
    return None if text is None else unicodedata.normalize("NFC", text)


STEPS: dict[str, Step] = {
    "trim": Step(_trimmed, 11),
    "collapse_spaces": Step(_collapsed, 11),
    "empty_to_null": Step(lambda text, *_: F.when(text != "", text), 2, lambda text, _: text == ""),
    "null_values": Step(
        lambda text, values, _: F.when(~text.isin(*values), text), 2, lambda text, values: text.isin(*values)
    ),
    "lower": Step(lambda text, *_: F.lower(text), 1),
    "upper": Step(lambda text, *_: F.upper(text), 1),
    "title": Step(lambda text, *_: F.initcap(text), 1),
    "unicode": Step(_composed, 4),
    "replace": Step(_replaced, 4),
    "regex_replace": Step(_regex_replaced, 1),
    "numbers": Step(_number, 4),
    "dates": Step(_date, 6),
    "fill": Step(lambda text, value, _: F.coalesce(text, F.lit(value)), 1, lambda text, _: text.isNull()),
}
