"""One column of a contract: where its text comes from, its type, and the checks that follow from its keys."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen

OnFail = Literal["quarantine", "warn", "fail"]
INTEGERS = ("byte", "short", "int", "bigint")
FRACTIONS = ("float", "double")
OTHERS = ("string", "boolean", "date", "timestamp")
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
    time_zone: str | None = None
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
        if self.format is not None and self.type not in ("date", "timestamp"):
            raise ValueError(f"format is for date and timestamp, the type is {self.type}")
        if self.time_zone is not None and self.type != "timestamp":
            raise ValueError(f"time_zone is for timestamp, the type is {self.type}")
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
    try:
        if type_name in INTEGERS:
            int(text)
        elif type_name in FRACTIONS or type_name.startswith("decimal"):
            return Decimal(text).is_finite()
        elif type_name == "date":
            date.fromisoformat(text)
        elif type_name == "timestamp":
            datetime.fromisoformat(text)
        elif type_name == "boolean":
            return text in ("true", "false")
    except (ValueError, InvalidOperation):
        return False
    return True
