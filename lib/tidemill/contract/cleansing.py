"""The steps of `cleanse`: each a mapping with one key, the step's name, over all columns or those it lists."""

import re
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from tidemill.config import Frozen

Columns = Literal["all"] | tuple[str, ...]
_EXAMPLE = re.compile(r"^(?:\d{1,3}(?P<group>[.,' ])\d{3}(?:(?P<cents>[.,])\d+)?|\d+(?P<decimal>[.,])\d+)$")


class NumberSigns(NamedTuple):
    """What stands between thousands (empty: nothing) and before the decimals (empty: there are none)."""

    group: str
    decimal: str


class CleanseStep(Frozen):
    """One step; exactly one of its keys is given."""

    trim: Columns | None = None
    collapse_spaces: Columns | None = None
    empty_to_null: Columns | None = None
    null_values: dict[str, tuple[str, ...]] | tuple[str, ...] | None = None
    lower: Columns | None = None
    upper: Columns | None = None
    title: Columns | None = None
    unicode: Columns | None = None
    replace: dict[str, dict[str, str]] | None = None
    regex_replace: dict[str, dict[str, str]] | None = None
    numbers: dict[str, str] | None = None
    dates: dict[str, tuple[str, ...]] | None = None
    fill: dict[str, str] | None = None
    set: dict[str, str] | None = None
    drop_duplicates: tuple[str, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_key(self) -> "CleanseStep":
        given = self.model_dump(exclude_none=True)
        if len(given) != 1:
            raise ValueError(f"a cleansing step has one key, this one has {len(given)}: {', '.join(given) or 'none'}")
        for example in (self.numbers or {}).values():
            number_signs(example)
        for replacements in (self.regex_replace or {}).values():
            for pattern, new in replacements.items():
                _require_replacement(pattern, new)
        return self

    def columns(self) -> tuple[str, ...]:
        """The columns named; none for `all`."""
        ((verb, given),) = self.model_dump(exclude_none=True).items()
        every = given == "all" or (verb == "null_values" and not isinstance(given, dict))
        return () if every else tuple(given)

    @property
    def verb(self) -> str:
        """The step's name."""
        return next(iter(self.model_dump(exclude_none=True)))


def _require_replacement(pattern: str, new: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"regex_replace: {pattern!r} is no regular expression: {error}") from error
    # What Java would stumble over, at the first text that matches.
    for sign, number in re.findall(r"(\\.?|\$)(\d?)", new, re.DOTALL):
        if sign == "\\" or (sign == "$" and (not number or int(number) > groups)):
            raise ValueError(
                f"regex_replace: {new!r} is no replacement for {pattern!r}: $ stands before the number of one of its "
                f"{groups} groups, or is written \\$; \\ is written \\\\"
            )


def number_signs(example: str) -> NumberSigns:
    """The signs of a way to write numbers, from an example such as 1.234,56 or 1234,5.

    Raises:
        ValueError: the example does not show them.
    """
    found = _EXAMPLE.match(example)
    if found is None or found["group"] == (found["cents"] or ""):
        raise ValueError(f"numbers: {example!r} is no example of a number, such as '1.234,56', '1 234,5' or '1234,5'")
    return NumberSigns(found["group"] or "", found["cents"] or found["decimal"] or "")
