"""`tidemill demo-data`: write the demo's deliveries into the landing folder."""

from typing import Annotated

import typer
from rich.console import Console

from tidemill.config import load_config
from tidemill.demo.steps import DEFAULT_SEED

Home = Annotated[str | None, typer.Option(help="Where data live (TIDEMILL_HOME, else .tidemill).")]
Seed = Annotated[int, typer.Option(min=0, help="Decides which rows are damaged, and how.")]


def demo_data(home: Home = None, seed: Seed = DEFAULT_SEED) -> None:
    """Write four real data sets, damaged on purpose, into the landing folder."""
    # Imported late: pandas takes seconds, which the other commands need not wait for.
    from tidemill.demo.deliveries import INJECTED, write_deliveries
    from tidemill.demo.landing import local_folder

    console = Console(highlight=False, soft_wrap=True)
    landing = local_folder(load_config(home=home).landing)
    with console.status("demo-data") as status:
        injected = write_deliveries(landing, seed, lambda dataset: status.update(f"writing {dataset}"))
    for name, dataset in injected.datasets.items():
        console.print(
            f"{landing / name}: {dataset.rows_delivered:,} rows, files: {dataset.files}, "
            f"{sum(dataset.checks.values()):,} damaged, {dataset.duplicates:,} sent twice"
        )
    console.print(f"What was injected, by check: {landing / INJECTED}")
