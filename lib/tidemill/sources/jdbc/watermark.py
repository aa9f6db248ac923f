"""Which rows a watermark makes a slice of, so that none is lost and an upsert doubles none.

A slice reads from the last bound less the overlap up to the greatest watermark that is not later than the database's
clock. Both ends are included: rows that were committed later with a watermark just as great are found the next time. A
row without a place in that order - no watermark, infinity, a time to come - is read with every slice, and so never lost
behind a bound, which it never moves.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tidemill.sources.jdbc.faults import WrongSourceColumn
from tidemill.sources.jdbc.origin import Ordered
from tidemill.sources.jdbc.ranges import earlier


@dataclass(frozen=True)
class Window:
    """The rows of one slice, as texts that the database wrote.

    Attributes:
        column: the watermark, as the database names it.
        kind: number or moment.
        start: the lowest value that is read; None for all.
        upto: the highest; None where no row has a place in the order.
        ceiling: the database's time when the window was opened; None for numbers.
        ahead: the highest value after that time; None where there was none.
    """

    column: str
    kind: str
    start: str | None
    upto: str | None
    ceiling: str | None
    ahead: str | None

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> "Window":
        """The window that `as_json` wrote."""
        return cls(**known)

    def as_json(self) -> dict[str, Any]:
        """The window as a slice's range keeps it."""
        return asdict(self)

    def condition(self, ordered: Ordered) -> str:
        """SQL for the rows of the window."""
        within = [f"{ordered.name} >= {ordered.literal(self.start)}"] if self.start is not None else []
        if self.upto is not None:
            within.append(f"{ordered.name} <= {ordered.literal(self.upto)}")
        if not within:
            return "1 = 1"
        return " or ".join([f"({' and '.join(within)})", *_unplaced(ordered), *self._to_come(ordered)])

    def _to_come(self, ordered: Ordered) -> list[str]:
        if self.ceiling is None or self.ahead is None:
            return []
        after, upto = ordered.literal(self.ceiling), ordered.literal(self.ahead)
        return [f"({ordered.name} > {after} and {ordered.name} <= {upto})"]


def since(ordered: Ordered, start: str | None) -> str:
    """SQL for all rows from a value on, and those without a place in the order."""
    if start is None:
        return "1 = 1"
    return " or ".join([f"{ordered.name} >= {ordered.literal(start)}", *_unplaced(ordered)])


def moved(ordered: Ordered, upto: str | None) -> str:
    """SQL for the text of the greatest watermark after a bound and not after the database's time, or null."""
    conditions = [f"{ordered.name} > {ordered.literal(upto)}"] if upto is not None else []
    conditions += [f"{ordered.name} <= {ordered.now}"] if ordered.now is not None else []
    return _greatest(ordered, conditions)


def ahead(ordered: Ordered) -> str:
    """SQL for the text of the greatest watermark after the database's time, or null."""
    return _greatest(ordered, [f"{ordered.name} > {ordered.now}"]) if ordered.now is not None else "null"


def _greatest(ordered: Ordered, conditions: list[str]) -> str:
    placed = [*conditions, f"not ({ordered.unplaced})"] if ordered.unplaced is not None else conditions
    value = f"case when {' and '.join(placed)} then {ordered.name} end" if placed else ordered.name
    return ordered.text(f"max({value})")


def overlapping(dataset: str, ordered: Ordered, upto: str | None, distance: timedelta | Decimal | None) -> str | None:
    """Where the next slice starts after a bound.

    Raises:
        WrongSourceColumn: the overlap is not of the watermark's kind, or the bound is no time.
    """
    is_time = isinstance(distance, timedelta)
    if distance is not None and is_time != (ordered.kind == "moment"):
        needed = "a length of time, as in 10 minutes" if ordered.kind == "moment" else "a number too, as in 1000"
        what = "a date or time" if ordered.kind == "moment" else "a number"
        problem = f"is {what}, so that its overlap must be {needed}"
        raise WrongSourceColumn(dataset, "source.watermark", ordered.column.name, problem)
    if upto is None or distance is None:
        return upto
    try:
        return earlier(upto, distance)
    except (ValueError, OverflowError):
        problem = f"has the value '{upto}', which is no time as in 2024-01-31 10:00:00, so that no overlap can be taken"
        raise WrongSourceColumn(dataset, "source.watermark", ordered.column.name, problem) from None


def _unplaced(ordered: Ordered) -> list[str]:
    others = [ordered.unplaced] if ordered.unplaced is not None else []
    return [f"{ordered.name} is null", *others]
