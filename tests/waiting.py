"""Await a condition, and what of a table can be awaited without Spark."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError


def until(true: Callable[[], Any], seconds: float = 60.0, what: str = "it did not become true") -> Any:
    """What the condition gives once it is true; an assertion fails where it is not in time."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, what
        time.sleep(0.02)
    return found


def rows_in(table: Path) -> int:
    """How many rows a table has; none where there is no table."""
    try:
        return sum(DeltaTable(str(table)).get_add_actions(flatten=True)["num_records"].to_pylist())
    except TableNotFoundError:
        return 0
