"""One column of a contract: where its text comes from, its type, and the checks that follow from its keys."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen
from tidemill.contract.checks import OnFail, Reference, Span

# Their bits.
INTEGERS = {"byte": 8, "short": 16, "int": 32, "bigint": 64}
FRACTIONS = ("float", "double")
MOMENTS = ("date", "timestamp")
OTHERS = ("string", "boolean", *MOMENTS)
WHOLE = re.compile(r"^[+-]?[0-9]+$")
PLAIN = re.compile(r"^[0-9.eE+-]+$")
DAY = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
DECIMAL = re.compile(r"^decimal\((\d{1,2}),\s*(\d{1,2})\)$")


class Length(Frozen):
    """Bounds of a text's length, in characters."""

    min: int | None = None
    max: int | None = None


class Column(Frozen):
    """A column of silver."""

    source: str | None = Field(default=None, alias="from", description="the delivered name, dotted for a nested field")
    type: str
    required: bool = False
    min: int | float | str | None = None
    max: int | float | str | None = None
    one_of: tuple[str, ...] | None = None
    pattern: str | None = None
    length: Length | None = None
    format: str | None = None
    time_zone: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_+:/-]+$")
    not_in_future: Literal[True] | Span | None = None
    references: Reference | None = None
    on_fail: OnFail = "quarantine"
    description: str | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        decimal = DECIMAL.match(self.type)
        known = (*INTEGERS, *FRACTIONS, *OTHERS)
        if self.type not in known and not decimal:
            raise ValueError(f"unknown type '{self.type}'; known: {', '.join(known)}, decimal(p,s)")
        if decimal and not 0 <= int(decimal[2]) <= int(decimal[1]) <= 38:
            raise ValueError(f"type '{self.type}' needs 0 <= scale <= precision <= 38")
        for key in ("min", "max"):
            bound = getattr(self, key)
            if bound is not None and not is_value_of(self.type, bound):
                raise ValueError(f"{key} {bound!r} is no value of type {self.type}")
        for value in self.one_of or ():
            if not is_value_of(self.type, value):
                raise ValueError(f"one_of {value!r} is no value of type {self.type}")
        if self.format is not None and self.type not in MOMENTS:
            raise ValueError(f"format is for date and timestamp, the type is {self.type}")
        if self.time_zone is not None and self.type != "timestamp":
            raise ValueError(f"time_zone is for timestamp, the type is {self.type}")
        if self.not_in_future is not None and self.type not in MOMENTS:
            raise ValueError(f"not_in_future is for date and timestamp, the type is {self.type}")
        if (self.pattern is not None or self.length is not None) and self.type != "string":
            raise ValueError(f"pattern and length are for string, the type is {self.type}")
        if self.pattern is not None:
            _require_pattern(self.pattern)
        return self


def _require_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is no regular expression: {error}") from error


def is_value_of(type_name: str, value: Any) -> bool:
    """Whether a bound or listed value of a contract is one of its column's type."""
    text = str(value)
    kind = next((kind for kind in _VALUES if re.match(kind, type_name)), None)
    try:
        return kind is None or _VALUES[kind](text, type_name)
    except (ValueError, InvalidOperation):
        return False


def _is_whole(text: str, type_name: str) -> bool:
    limit = 2 ** (INTEGERS[type_name] - 1)
    return WHOLE.match(text) is not None and -limit <= int(text) < limit


def _is_decimal(text: str, type_name: str) -> bool:
    size = DECIMAL.match(type_name)
    whole_digits = int(size[1]) - int(size[2]) if size else 0
    return PLAIN.match(text) is not None and (not Decimal(text) or Decimal(text).adjusted() < whole_digits)


_VALUES: dict[str, Callable[[str, str], bool]] = {
    "|".join(INTEGERS): _is_whole,
    "|".join(FRACTIONS): lambda text, _: PLAIN.match(text) is not None and math.isfinite(float(text)),
    "decimal": _is_decimal,
    "date": lambda text, _: DAY.match(text) is not None and bool(date.fromisoformat(text)),
    "timestamp": lambda text, _: DAY.match(text[:10]) is not None and bool(datetime.fromisoformat(text)),
    "boolean": lambda text, _: text in ("true", "false"),
}
"""By the beginnings of types: whether a text is a value of the type."""
