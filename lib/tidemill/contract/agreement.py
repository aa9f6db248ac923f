"""What the parts of a contract must agree on."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tidemill.contract.checks import FreshnessCheck, UniqueCheck
from tidemill.contract.cleansing import CleanseStep
from tidemill.contract.columns import MOMENTS, OTHERS
from tidemill.contract.sources import ImagesSource, JdbcSource, MqttSource, RestSource
from tidemill.errors import suggestion

if TYPE_CHECKING:
    from tidemill.contract.model import Contract

COLUMN_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")


def require_agreement(contract: "Contract") -> None:
    """Hold a contract's parts against each other.

    Raises:
        ValueError: two of them do not agree; says which and what was expected.
    """
    _require_what_silver_holds(contract)
    for name in contract.columns:
        if not COLUMN_NAME.match(name):
            raise ValueError(f"columns: '{name}' is no column name (letters, digits and _, a letter first)")
    _require_distinct((contract.delivered_name(name) for name in contract.columns), "columns read from")
    _require_distinct((check.name for check in contract.checks), "checks named")
    _require_known(contract, "key", contract.key)
    _require_known(contract, "order_by", contract.order_by)
    _require_known(contract, "event_time", (contract.event_time,) if contract.event_time else ())
    _require_known(contract, "layout.partition_by", contract.layout.partition_by)
    _require_known(contract, "layout.sort_by", contract.layout.sort_by)
    for index, step in enumerate(contract.cleanse):
        _require_known(contract, f"cleanse.{index}", step.columns())
        _require_moments(contract, f"cleanse.{index}", step)
    for check in contract.checks:
        _require_known(contract, f"checks.{check.name}", check.columns)
        if isinstance(check, FreshnessCheck) and contract.columns[check.freshness.column].type not in MOMENTS:
            raise ValueError(f"checks.{check.name}: freshness is for a date or timestamp")
    _require_others(contract, contract.referenced)
    _require_duplicates(contract)
    if contract.personal:
        _require_known(contract, "personal", (contract.personal.subject, *contract.personal.columns))
    _require_key(contract)
    _require_since(contract)
    _require_stream(contract)
    if isinstance(contract.source, JdbcSource):
        contract.source.require_fitting(contract.key, contract.write)


def _require_what_silver_holds(contract: "Contract") -> None:
    if isinstance(contract.source, ImagesSource) != (contract.images is not None):
        raise ValueError("source.kind: images and the section 'images', with at least 'size', go together")
    if isinstance(contract.source, ImagesSource) and contract.images is not None:
        contract.images.require_alone(contract.mode, contract.source.labels, contract.model_fields_set)
        if contract.row_checks or len(contract.checks) != len(contract.table_checks):
            raise ValueError("checks: of images there are checks on a delivery as a whole alone, with 'table'")
    elif not contract.columns:
        raise ValueError("the key 'columns' is missing, or empty: what silver holds")


def _require_moments(contract: "Contract", where: str, step: CleanseStep) -> None:
    for name in step.dates or ():
        column = contract.columns[name]
        if column.type not in MOMENTS or column.format:
            raise ValueError(f"{where}: dates is for a date or timestamp without a format of its own, not '{name}'")
    for name in step.numbers or ():
        if contract.columns[name].type in OTHERS:
            raise ValueError(f"{where}: numbers is for a numeric column, '{name}' is {contract.columns[name].type}")


def _require_others(contract: "Contract", referenced: Iterable[str]) -> None:
    if contract.name in referenced:
        raise ValueError(f"references: '{contract.name}' is this dataset itself; a reference is to another one")


def _require_duplicates(contract: "Contract") -> None:
    steps = [step for step in contract.cleanse if step.drop_duplicates is not None]
    if len(steps) > 1:
        raise ValueError("cleanse: drop_duplicates may stand once; list its columns together")
    if steps and contract.write != "append":
        raise ValueError("cleanse: drop_duplicates is for write: append; where there is a key, it does the same")


def _require_key(contract: "Contract") -> None:
    if contract.write in ("upsert", "scd2") and not contract.key:
        raise ValueError(f"write: {contract.write} needs a key, the columns that say which rows are the same")
    if contract.write == "scd2":
        _require_time(contract)
    if contract.write == "append" and contract.key:
        raise ValueError("write: append keeps every row, so it has no key; remove the key or write: upsert")
    for name in contract.key:
        if not contract.columns[name].required or contract.columns[name].on_fail == "warn":
            raise ValueError(f"key: column '{name}' must be required (and not on_fail: warn), or rows without it merge")


def _require_time(contract: "Contract") -> None:
    times = [contract.columns[name] for name in contract.order_by]
    if len(times) != 1 or times[0].type not in ("date", "timestamp") or not times[0].required:
        raise ValueError(
            "write: scd2 needs order_by: [COLUMN], one required date or timestamp from which a version is valid"
        )


def _require_since(contract: "Contract") -> None:
    if not isinstance(contract.source, RestSource) or contract.source.since is None:
        return
    name = contract.source.since.column
    _require_known(contract, "source.since.column", (name,))
    if contract.write == "append":
        raise ValueError(
            "source.since needs a key and write: upsert: an API may deliver again the rows at the last value, "
            "and only a key tells them from new ones"
        )
    if contract.columns[name].format:
        raise ValueError(f"source.since.column: '{name}' has a format; only numbers and ISO 8601 can be compared")


def _require_stream(contract: "Contract") -> None:
    if contract.mode == "batch" and isinstance(contract.source, MqttSource):
        raise ValueError("source: mqtt is for mode: stream")
    stream = contract.stream
    if stream is None:
        return
    if contract.mode != "stream" or contract.write != "append":
        raise ValueError("stream: is for mode: stream and write: append; its entity and event_time are the key")
    _require_known(contract, "stream", stream.columns)
    if contract.event_time is None or contract.columns[contract.event_time].type != "timestamp":
        raise ValueError("stream: needs event_time, a timestamp column")
    if contract.columns[stream.value].type in OTHERS:
        raise ValueError(f"stream.value: '{stream.value}' must be a number")
    if contract.source.kind not in ("kafka", "mqtt"):
        raise ValueError(f"stream: is for a source of kind kafka or mqtt, not {contract.source.kind}")
    if contract.table_checks or any(isinstance(check, UniqueCheck) for check in contract.checks):
        raise ValueError("checks: a stream has no delivery as a whole to check, and tells its readings apart itself")
    for name in (*stream.identity_but_time, contract.event_time):
        column = contract.columns[name]
        if not column.required or column.on_fail == "warn":
            raise ValueError(f"stream: column '{name}' must be required (and not on_fail: warn)")


def _require_known(contract: "Contract", where: str, names: Iterable[str]) -> None:
    for name in names:
        if name not in contract.columns:
            raise ValueError(f"{where}: there is no column '{name}'. {suggestion(name, contract.columns)}")


def _require_distinct(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two {what} '{name}'; each may stand once")
        seen.add(name)
