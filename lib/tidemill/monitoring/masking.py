"""Personal values made unreadable, before a quarantined row is shown to anyone."""

import json
from collections.abc import Mapping
from typing import Any

from tidemill.contract import Contract

MASK = "***"


class Mask:
    """Hides what a contract calls personal: the columns, and the subject that says whose they are.

    What cannot be told apart is hidden whole: the text of a record that did not parse, and values under names that the
    contract does not know, such as an earlier name of a personal column. A contract without `personal` hides nothing.

    Args:
        contract: as it is now.
    """

    def __init__(self, contract: Contract) -> None:
        personal = contract.personal
        self._columns = {personal.subject, *personal.columns} if personal else set()
        self._open = {delivered for name, delivered in contract.delivered_names.items() if name not in self._columns}

    def failure(self, failure: Mapping[str, Any]) -> dict[str, Any]:
        """One of a row's `_failures`: check, column, value, message."""
        value, message = failure["value"], failure["message"]
        hidden = self._columns and (failure["column"] is None or failure["column"] in self._columns)
        if not hidden or not value:
            return dict(failure)
        return {**failure, "value": MASK, "message": _without(value, message)}

    def record(self, record: str | None) -> dict[str, Any] | None:
        """A row's `_record`: the delivered names with their values."""
        if record is None:
            return None
        try:
            values = json.loads(record)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            return {"_raw": MASK if self._columns else record}
        return values if not self._columns else {name: self._value(name, value) for name, value in values.items()}

    def _value(self, name: str, value: Any) -> Any:
        if name in self._open or value in (None, ""):
            return value
        return _names_alone(value) if name == "_rescued" else MASK


def _names_alone(rescued: Any) -> Any:
    try:
        values = json.loads(rescued)
    except (ValueError, TypeError):
        return MASK
    return json.dumps(dict.fromkeys(values, MASK), ensure_ascii=False) if isinstance(values, dict) else MASK


def _without(value: str, message: str | None) -> str | None:
    """A message less the value in it, which stands at its end in quotes, cut off where it is long."""
    if message is None:
        return None
    start, found, _ = message.rpartition(f", got '{value[:200]}'")
    if not found:
        start, found, _ = message.partition(", got ")
    return start.replace(value[:200], MASK) + (f", got {MASK}" if found else "")
