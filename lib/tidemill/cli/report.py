"""`tidemill report`: a run's page."""

from typing import Annotated

import typer

from tidemill.cli.options import Environment, Home, Overrides
from tidemill.config import load_config


def report(
    run_id: Annotated[str, typer.Argument(help="A run's id, as tidemill runs shows it.")],
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Write a run's page, reports/runs/RUN_ID.html, and print where it is; no Spark is started."""
    # Imported late: plotly takes a second, which the other commands need not wait for.
    from tidemill.monitoring.run_page import write_run_page

    typer.echo(str(write_run_page(load_config(environment, home, overrides or ()), run_id)))
