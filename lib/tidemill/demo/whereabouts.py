"""Where the demo's rows ended, read from the tables without a JVM, beside what was injected into the deliveries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from tidemill.demo.deliveries import Injected, InjectedDataset
from tidemill.errors import RunFailed


class TableMissing(RunFailed):
    """A table that the demo's page shows was never written."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: there is no table, so the demo's page cannot be made. Run: tidemill demo")


def read_table(lake_root: Path, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a table's newest version; the demo's tables fit into memory (the largest has 26,376 rows).

    Args:
        lake_root: the lake's folder.
        name: LAYER.TABLE.
        columns: which to read; all, where none are named.

    Raises:
        TableMissing: there is no such table.
    """
    path = lake_root / name.replace(".", "/")
    try:
        return DeltaTable(str(path)).to_pandas(columns=list(columns) if columns else None)
    except TableNotFoundError as error:
        raise TableMissing(path) from error


def count_rows(lake_root: Path, name: str) -> int:
    """Count a table's rows; none where it was never written."""
    try:
        return int(DeltaTable(str(lake_root / name.replace(".", "/"))).to_pyarrow_dataset().count_rows())
    except TableNotFoundError:
        return 0


@dataclass(frozen=True)
class Whereabouts:
    """One data set's rows, layer by layer, and what was injected.

    Attributes:
        dataset: its name.
        injected: what its deliveries carry.
        bronze: records in bronze.
        silver: rows in silver.
        quarantined: open rows in quarantine.
        reasons: failures in those rows by check; a row with two reasons counts for both.
        marked: rows of silver by the check that they failed and that only warns.
    """

    dataset: str
    injected: InjectedDataset
    bronze: int
    silver: int
    quarantined: int
    reasons: Counter[str]
    marked: Counter[str]

    @property
    def duplicates(self) -> int:
        """Records that gave way to another of their key: what is neither in silver nor in quarantine."""
        return self.bronze - self.silver - self.quarantined

    @cached_property
    def differences(self) -> list[str]:
        """Where the tables and the injected numbers disagree, in words; empty when they agree."""
        pairs = {"rows delivered": (self.injected.rows_delivered, self.bronze)}
        pairs["duplicates"] = (self.injected.duplicates, self.duplicates)
        pairs["rows quarantined"] = (sum(self.injected.checks.values()), self.quarantined)
        for check in sorted(self.injected.checks | self.reasons):
            pairs[check] = (self.injected.checks.get(check, 0), self.reasons[check])
        return [
            f"{self.dataset}, {what}: {given:,} injected, {found:,} found"
            for what, (given, found) in pairs.items()
            if given != found
        ]


def whereabouts(lake_root: Path, injected: Injected) -> list[Whereabouts]:
    """Follow every injected data set through the lake.

    Args:
        lake_root: the lake's folder.
        injected: the numbers beside the deliveries.

    Raises:
        TableMissing: a data set has no quarantine or no silver table.
    """
    found = []
    for dataset, given in injected.datasets.items():
        quarantine = read_table(lake_root, f"quarantine.{dataset}", ["_failures", "_replayed_at"])
        silver = read_table(lake_root, f"silver.{dataset}", ["_warnings"])
        still_open = quarantine[quarantine["_replayed_at"].isna()]
        found.append(
            Whereabouts(
                dataset=dataset,
                injected=given,
                bronze=count_rows(lake_root, f"bronze.{dataset}"),
                silver=len(silver),
                quarantined=len(still_open),
                reasons=Counter(failure["check"] for failures in still_open["_failures"] for failure in failures),
                marked=Counter(check for checks in silver["_warnings"] for check in checks),
            )
        )
    return found
