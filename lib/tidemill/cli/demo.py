"""`tidemill demo`: the whole way from files to scored models, a line a step, and a page at the end."""

from rich.console import Console

from tidemill.cli.demo_data import Home, Seed
from tidemill.config import load_config
from tidemill.demo.steps import DEFAULT_SEED


def demo(home: Home = None, seed: Seed = DEFAULT_SEED) -> None:
    """Run the whole pipeline on real data and write reports/demo.html."""
    config = load_config(home=home)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Data go to {config.home}; a job's own messages to {config.reports}/demo-logs.\n")
    # Imported late: pandas and plotly take seconds, which the other commands need not wait for.
    from tidemill.cli.demo_run import run_demo

    run_demo(console, config, seed)
