"""`tidemill alerts`: what people must be told of the datasets now. A job that is never run cannot tell it itself."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from tidemill.cli.contracts import contracts_of
from tidemill.cli.options import Environment, Home, Overrides
from tidemill.config import load_config, revealed
from tidemill.errors import RequestWrong


class NoWebhook(RequestWrong):
    """--send was given, and nothing says where to."""

    def __init__(self) -> None:
        super().__init__(
            "--send: no webhook is configured. Set alerts.webhook in conf/ to ${env:NAME}, and NAME in the environment."
        )


def alerts(
    datasets: Annotated[list[str] | None, typer.Argument(help="datasets to look at; all where none is named")] = None,
    send: Annotated[bool, typer.Option("--send", help="Post each alert to the configured webhook too.")] = False,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Print a line for each failed last run, low pass rate and stale source; exit with 1 where there is one.

    A contract that cannot be read is a line on stderr, and status 2 where nothing else is due.
    """
    from tidemill.alerts import post
    from tidemill.monitoring import alerts_now

    config = load_config(environment, home, overrides or ())
    contracts, wrong = contracts_of(config, datasets)
    webhook = config.alerts.webhook
    if send and webhook is None:
        raise NoWebhook
    url = revealed(webhook) if send and webhook else None
    due = [alert for contract in contracts for alert in alerts_now(config, contract, datetime.now(UTC))]
    for alert in due:
        typer.echo(f"{alert.kind}: {alert.text}")
        if url:
            post(url, alert)
    if due or wrong:
        raise typer.Exit(1 if due else 2)
