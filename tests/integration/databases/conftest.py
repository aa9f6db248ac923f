"""A database server for the tests of this folder, and contracts that read from it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.postgres import Postgres, postgres
from tidemill.contract import Contract

__all__ = ["postgres"]

COLUMNS = {
    "order_id": {"from": "id", "type": "bigint", "required": True},
    "city": {"type": "string"},
    "updated_at": {"type": "timestamp"},
}


@pytest.fixture
def orders(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Contract]:
    """A contract on the server's table `orders`, empty when the test begins; keywords change its source."""
    monkeypatch.setenv("SHOP_USER", postgres.user)
    monkeypatch.setenv("SHOP_PASSWORD", postgres.password)
    postgres.execute(
        "drop table if exists orders",
        "create table orders (id bigint primary key, city text, updated_at timestamptz)",
    )
    access = {"url": postgres.jdbc_url, "user": "${env:SHOP_USER}", "password": "${env:SHOP_PASSWORD}"}
    return lambda **source: contract({"table": "public.orders", **access, **source})


def contract(source: dict[str, Any], columns: dict[str, Any] | None = None, **changes: Any) -> Contract:
    """A contract that upserts by `order_id`; a source key that is None is left out."""
    given = {name: value for name, value in source.items() if value is not None}
    return Contract.model_validate(
        {
            "name": "orders",
            "version": 1,
            "source": {"kind": "jdbc", **given},
            "columns": columns or COLUMNS,
            "key": ["order_id"],
            "write": "upsert",
            **changes,
        }
    )


class Silver:
    """What an ingest would have in silver: the rows of one slice after another, the newest of each key."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.progress: Any = None
        self.rows: dict[str, dict[str, Any]] = {}

    def ingest(self) -> list[dict[str, Any]] | None:
        """Take what waits, and return its rows; None where nothing waits."""
        taken = self.source.waiting(self.progress)
        if taken is None:
            return None
        delivered = [row.asDict() for row in self.source.rows(taken).collect()]
        assert len({row["order_id"] for row in delivered}) == len(delivered), "a slice has a row twice"
        self.rows.update({row["order_id"]: row for row in delivered})
        self.progress = taken.progress
        return delivered

    @property
    def cities(self) -> dict[int, str]:
        return {int(key): row["city"] for key, row in self.rows.items()}


@pytest.fixture
def silver() -> type[Silver]:
    return Silver
