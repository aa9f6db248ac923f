"""What became of the readings of a micro-batch and of a minute, counted on the driver from bits."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tidemill.lake import Counts
from tidemill.quality import Rule
from tidemill.streams.readings.deciding import ACCEPTED, DUPLICATE, QUARANTINED

BITS = 63


@dataclass(frozen=True)
class Figures:
    """Counts of readings.

    Attributes:
        counts: as in the ledger.
        failed: by check, the readings that failed it.
        cleansed: by cleansing step, the values that it changed.
        batches: how many micro-batches these are of.
    """

    counts: Counts = field(default_factory=Counts)
    failed: Mapping[str, int] = field(default_factory=dict)
    cleansed: Mapping[str, int] = field(default_factory=dict)
    batches: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        """Of both together."""
        mine, theirs = self.counts, other.counts
        counts = replace(mine, **{name: getattr(mine, name) + getattr(theirs, name) for name in vars(mine)})
        return Figures(
            counts,
            dict(Counter(self.failed) + Counter(other.failed)),
            dict(Counter(self.cleansed) + Counter(other.cleansed)),
            self.batches + other.batches,
        )

    def as_json(self) -> str:
        """For a commit's metadata."""
        return json.dumps(
            {"counts": vars(self.counts), "failed": dict(self.failed), "cleansed": dict(self.cleansed)},
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, told: Mapping[str, Mapping[str, int]]) -> "Figures":
        """From a commit's metadata."""
        return cls(Counts(**told["counts"]), dict(told["failed"]), dict(told["cleansed"]), 1)


def figures_of(
    rows: pd.DataFrame, status: NDArray[Any], is_late: NDArray[Any], rules: Sequence[Rule], changes: Sequence[str]
) -> Figures:
    """The figures of a micro-batch.

    Args:
        rows: with the words of the failed rules, `_failed_0` and so on, and of the steps that changed a value,
            `_cleansed_0` and so on, each int64.
        status: see `deciding.statuses`.
        is_late: see `deciding.late`.
        rules: of the contract.
        changes: the names of the cleansing steps, by bit.
    """
    counts = Counts(
        read=len(status),
        accepted=int((status == ACCEPTED).sum()),
        quarantined=int((status == QUARANTINED).sum()),
        duplicate=int((status == DUPLICATE).sum()),
        late=int((is_late & (status == ACCEPTED)).sum()),
    )
    failed = _bits(rows, "_failed", [rule.name for rule in rules])
    return Figures(counts, failed, _bits(rows, "_cleansed", changes), 1)


def _bits(rows: pd.DataFrame, prefix: str, names: Sequence[str]) -> dict[str, int]:
    found = {}
    for place in range(0, len(names), BITS):
        words = rows[f"{prefix}_{place // BITS}"].to_numpy(np.int64)
        if not words.any():
            continue
        for bit, name in enumerate(names[place : place + BITS]):
            count = int(((words >> bit) & 1).sum())
            if count:
                found[name] = count
    return found
