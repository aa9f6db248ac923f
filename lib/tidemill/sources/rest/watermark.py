"""The greatest value of a column: what the next fetch asks for everything since."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from tidemill.contract import Column
from tidemill.errors import RunFailed
from tidemill.formats.json_text import delivered_text
from tidemill.sources.rest.content import MISSING, value_at


class NoWatermark(RunFailed):
    """None of a page's values can be compared."""

    def __init__(self, where: str, column: str, type_name: str, value: str) -> None:
        expected = "an ISO 8601 date or time" if type_name in ("date", "timestamp") else "a number"
        super().__init__(
            f"{where}: no record has {expected} in '{column}', the column of source.since; one has {value[:60]!r}. "
            "Check the column's 'from' and 'type' in the contract."
        )


class Watermark:
    """Compares a column's delivered values as values of its type.

    Args:
        name: under which the column is delivered, dotted for a nested field.
        column: of the contract.
    """

    def __init__(self, name: str, column: Column) -> None:
        self._name = name
        self._type = column.type
        self._zone = ZoneInfo(column.time_zone or "UTC")

    def greatest(self, records: Iterable[Any], so_far: str | None, where: str) -> str | None:
        """The greatest of the records' values and the one so far, as delivered; what does not parse is passed over.

        Raises:
            NoWatermark: there are values, and none parses.
        """
        best = None if so_far is None else self._comparable(so_far)
        text, unread = so_far, None
        for record in records:
            value = value_at(record, self._name)
            delivered = None if value is MISSING else delivered_text(value)
            if not delivered:
                continue
            comparable = self._comparable(delivered)
            if comparable is None:
                unread = delivered
            elif best is None or comparable > best:
                best, text = comparable, str(delivered)
        if text is None and unread is not None:
            raise NoWatermark(where, self._name, self._type, unread)
        return text

    def _comparable(self, text: str) -> Any:
        try:
            if self._type in ("date", "timestamp"):
                moment = datetime.fromisoformat(text.strip())
                return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
            if self._type in ("string", "boolean"):
                return text
            number = Decimal(text.strip())
        except (ValueError, InvalidOperation):
            return None
        return number if number.is_finite() else None
