"""Write the typed values of a binary format as people write them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tidemill.formats.json_text import Number


def plain(value: Any) -> Any:
    """A value as `json_records.taken` takes it: text, numbers as their text, truth values, nothing, lists, objects.

    An instant is written in UTC without its zone, dates and times as ISO 8601 has them (a blank between the two), bytes
    as UTF-8 with backslash escapes for those that are none.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float | Decimal):
        return Number(format(value, "f") if isinstance(value, Decimal) else value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    return moment_text(value) if isinstance(value, datetime | date | time | timedelta) else str(value)


def moment_text(value: datetime | date | time | timedelta) -> str:
    """A moment, a day, a time of day, or a span in hours: 2024-03-31 02:30:00.5, 2024-03-31, 02:30:00, 30:00:00."""
    if isinstance(value, datetime):
        naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return _without_zeros(naive.isoformat(" "))
    if isinstance(value, timedelta):
        seconds, fraction = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
        sign = "-" if value < timedelta(0) else ""
        clock = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return _without_zeros(f"{clock}.{fraction:06}" if fraction else clock)
    return _without_zeros(value.isoformat()) if isinstance(value, time) else value.isoformat()


def _without_zeros(text: str) -> str:
    return text.rstrip("0") if "." in text else text
