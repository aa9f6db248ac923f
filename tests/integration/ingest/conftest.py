"""A small dataset of people, delivered as csv files."""

import os
from pathlib import Path

import pytest

from tidemill.contract import Contract


class Landing:
    """A folder of deliveries and the contract for them."""

    header = "id,at,city\n"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def contract(self, **changes) -> Contract:
        """The contract; a column that is None in the changes is left out."""
        columns = {
            "id": {"type": "int", "required": True},
            "at": {"type": "timestamp"},
            "city": {"type": "string", "one_of": ["Bonn", "Kiel", "Jena"]},
            **changes.pop("columns", {}),
        }
        return Contract.model_validate(
            {
                "name": "people",
                "version": 1,
                "source": {"kind": "files", "path": str(self.folder), **changes.pop("source", {})},
                "columns": {name: column for name, column in columns.items() if column},
                "cleanse": [{"empty_to_null": "all"}],
                "key": ["id"],
                "order_by": ["at"],
                "write": "upsert",
                **changes,
            }
        )

    def deliver(self, name: str, *lines: str, header: str | None = None) -> None:
        path = self.folder / name
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_text((header or self.header) + "".join(line + "\n" for line in lines))
        # A second delivery within the clock's grain must still be seen as another one.
        os.utime(path, ns=(max(path.stat().st_mtime_ns, before + 10**9),) * 2)


@pytest.fixture
def people(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "people")


@pytest.fixture
def silver(lake):
    """Id and city of every row of silver, and of the reasons in quarantine that are open."""

    def read(*columns: str):
        return sorted(tuple(row) for row in lake.read("silver.people").select(*(columns or ("id", "city"))).collect())

    return read


@pytest.fixture
def open_reasons(lake):
    def read():
        rows = lake.read("quarantine.people").where("_replayed_at is null").collect()
        return sorted(failure["check"] for row in rows for failure in row["_failures"])

    return read
