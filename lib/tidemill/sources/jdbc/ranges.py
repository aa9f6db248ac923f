"""Arithmetic on the texts of numbers and moments: what lies before one, and what divides a range."""

from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal, InvalidOperation

# More digits than a number of any database's has in use as a watermark; rounded down, as more is read that way.
ARITHMETIC = Context(prec=80, rounding=ROUND_FLOOR)
DATE_LENGTH = len("2024-01-31")


def earlier(text: str, distance: timedelta | Decimal) -> str:
    """The value at a distance before another, or less than a second (of a date: a day) before that.

    Args:
        text: a number, or a moment in ISO 8601.
        distance: of the same kind.

    Raises:
        ValueError: the text is not of that kind.
    """
    if isinstance(distance, timedelta):
        return _like(text, _moment(text) - distance)
    try:
        return format(ARITHMETIC.subtract(Decimal(text), distance), "f")
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None


def cuts(low: str | None, high: str | None, kind: str, parts: int) -> list[str]:
    """The values that divide a range into parts of equal width, rising; none where it is no range.

    Every row lies between two of them, before the first or after the last, whatever they are: they decide only how much
    each part has.
    """
    if low is None or high is None:
        return []
    try:
        values = _numbers(low, high, parts) if kind == "number" else _moments(low, high, parts)
    except (ValueError, InvalidOperation, TypeError):
        return []
    return [value for value in dict.fromkeys(values) if value != low]


def _numbers(low: str, high: str, parts: int) -> list[str]:
    start, end = Decimal(low), Decimal(high)
    whole = start == start.to_integral_value() and end == end.to_integral_value()
    values = [start + (end - start) * place / parts for place in range(1, parts)]
    return [format(value.to_integral_value(ROUND_FLOOR) if whole else value, "f") for value in values]


def _moments(low: str, high: str, parts: int) -> list[str]:
    start, end = _moment(low), _moment(high)
    return [_like(low, start + (end - start) * place / parts) for place in range(1, parts)]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _like(text: str, moment: datetime) -> str:
    """A moment in the form of a text, whole seconds: where texts are compared, fewer digits and no zone come first."""
    if len(text) == DATE_LENGTH:
        return moment.date().isoformat()
    plain = moment.replace(microsecond=0, tzinfo=None).isoformat(text[DATE_LENGTH])
    return plain + ("+00" if text.endswith("+00") else "")
