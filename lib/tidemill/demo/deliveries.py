"""Write the demo's deliveries: four real data sets with seeded faults, and the numbers of what was injected."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from tidemill.demo import customers, digits, readings, sales
from tidemill.demo.faults import DUPLICATE_RATE, FAULT_RATE, Delivery
from tidemill.demo.landing import deliver
from tidemill.demo.steps import DEFAULT_SEED
from tidemill.errors import RunFailed

INJECTED = "injected.json"

# In this order, so that a data set's faults depend on the seed and its own place alone.
MAKERS: dict[str, Callable[[np.random.Generator], tuple[dict[str, bytes], list[Delivery]]]] = {
    customers.DATASET: customers.customer_files,
    sales.DATASET: sales.sale_files,
    readings.DATASET: readings.reading_files,
    digits.DATASET: digits.digit_files,
}


class DeliveriesMissing(RunFailed):
    """The numbers of what was injected are asked for before the deliveries were written."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: not there or not readable, so what was injected is unknown. Run: tidemill demo-data")


class InjectedDataset(BaseModel):
    """What one data set's deliveries carry.

    Attributes:
        files: the number of files.
        rows_delivered: records in all files, the broken and the copied ones included.
        checks: broken rows by the name of the check that must find them.
        duplicates: rows delivered a second time, equal or in an older state.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: int
    rows_delivered: int
    checks: dict[str, int]
    duplicates: int


class Injected(BaseModel):
    """What `write_deliveries` put into the landing folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    fault_rate: float
    duplicate_rate: float
    datasets: dict[str, InjectedDataset]


def write_deliveries(
    landing: Path, seed: int = DEFAULT_SEED, on_dataset: Callable[[str], None] = lambda _: None
) -> Injected:
    """Write the deliveries of all four data sets, and beside them `injected.json`.

    The same seed writes the same bytes; a file that is there already with these bytes keeps its modification time, so
    that a second run gives the jobs nothing new.

    Args:
        landing: the landing folder; each data set gets a folder in it.
        seed: decides ids, sign-up times, faults and duplicates.
        on_dataset: called with a data set's name before its files are made.

    Returns:
        What was injected.

    Raises:
        LandingNotWritable: the folder or the disk refused a file.
    """
    datasets: dict[str, InjectedDataset] = {}
    for place, (dataset, make_files) in enumerate(MAKERS.items()):
        on_dataset(dataset)
        files, deliveries = make_files(np.random.default_rng([seed, place]))
        for name, content in files.items():
            deliver(landing / dataset / name, content)
        checks = sum((delivery.checks for delivery in deliveries), Counter[str]())
        datasets[dataset] = InjectedDataset(
            files=len(files),
            rows_delivered=sum(len(delivery.rows) for delivery in deliveries),
            checks=dict(sorted(checks.items())),
            duplicates=sum(delivery.duplicates for delivery in deliveries),
        )
    injected = Injected(seed=seed, fault_rate=FAULT_RATE, duplicate_rate=DUPLICATE_RATE, datasets=datasets)
    deliver(landing / INJECTED, (injected.model_dump_json(indent=2) + "\n").encode())
    return injected


def read_injected(landing: Path) -> Injected:
    """Read the numbers that `write_deliveries` left.

    Raises:
        DeliveriesMissing: there are none.
    """
    path = landing / INJECTED
    try:
        return Injected.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DeliveriesMissing(path) from error
