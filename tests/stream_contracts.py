"""The contract of a site's readings, which tests of streams vary."""

from collections.abc import Mapping, Sequence
from typing import Any

from tidemill.contract import Contract

NOWHERE = {"kind": "kafka", "servers": "x:1", "topic": "t"}
REQUIRED = {"type": "string", "required": True}


def site_contract(
    entity: Sequence[str] = ("station",),
    value: Mapping[str, Any] | None = None,
    source: Mapping[str, Any] | None = None,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    name: str = "site",
    **stream: Any,
) -> Contract:
    """Readings with an entity, an event time `at` and a `value`.

    Args:
        entity: the columns that say whose a reading is, all required texts.
        value: what the column `value` is; a double where nothing is said.
        source: where readings come from; left out, nowhere.
        columns: more columns, or others in the place of these.
        name: the dataset's.
        stream: more keys of `stream`.
    """
    own = {"at": {"type": "timestamp", "required": True}, "value": {"type": "double", **(value or {})}}
    return Contract.model_validate(
        {
            "name": name,
            "version": 1,
            "mode": "stream",
            "source": dict(source or NOWHERE),
            "columns": {**dict.fromkeys(entity, REQUIRED), **own, **(columns or {})},
            "event_time": "at",
            "stream": {"entity": list(entity), "value": "value", **stream},
        }
    )
