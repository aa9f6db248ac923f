"""Break rows on purpose, with a seed, and count what was broken by the check that must find it."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import pandas as pd

FAULT_RATE = 0.01
DUPLICATE_RATE = 0.01

RECORD_PARSE = "record.parse"


@dataclass(frozen=True)
class Fault:
    """One way to break a row.

    Attributes:
        check: the contract's check that must find it, and the only one that may.
        delivered: what the row carries instead, by delivered column; None is a missing value.
    """

    check: str
    delivered: Mapping[str, str | float | None]


@dataclass(frozen=True)
class Delivery:
    """Rows ready to be written, and what is wrong with them.

    Attributes:
        rows: object columns; None is a missing value; a copied row carries its original's index.
        checks: the number of broken rows by check.
        duplicates: the number of copied rows.
    """

    rows: pd.DataFrame
    checks: Counter[str]
    duplicates: int


def inject(
    rows: pd.DataFrame,
    faults: Sequence[Fault],
    rng: np.random.Generator,
    spared: Collection[int] = (),
    make_older: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> Delivery:
    """Break FAULT_RATE of the rows, each in exactly one way, and deliver DUPLICATE_RATE of the good rows twice.

    Args:
        rows: good rows under a unique integer index.
        faults: the ways to break a row, taken in turn; each is used at least once.
        rng: decides which rows are broken and which are copied.
        spared: index labels that stay as they are.
        make_older: turns a copy into an earlier state of its row; it is applied to every second copy. Without it all
            copies equal their originals.

    Returns:
        The rows in their order, each copy right behind its original.
    """
    broken_count = max(len(faults), round(FAULT_RATE * len(rows)))
    copied_count = round(DUPLICATE_RATE * len(rows))
    candidates = rows.index.difference(pd.Index(list(spared)))
    picked = rng.choice(candidates.to_numpy(), size=broken_count + copied_count, replace=False)
    broken, copied = picked[:broken_count], np.sort(picked[broken_count:])

    delivered = rows.astype(object)
    delivered = delivered.where(delivered.notna(), None)
    copies = delivered.loc[copied]
    if make_older is not None:
        copies = pd.concat([copies.iloc[::2], make_older(copies.iloc[1::2])])
    checks: Counter[str] = Counter()
    for label, fault in zip(broken, cycle(faults), strict=False):
        for column, value in fault.delivered.items():
            delivered.at[label, column] = value
        checks[fault.check] += 1
    together = pd.concat([delivered, copies]).sort_index(kind="stable")
    return Delivery(together.where(together.notna(), None), checks, len(copies))
