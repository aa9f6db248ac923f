"""`tidemill alerts due`: what people must be told of the datasets now. A job that never runs cannot tell it itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from tidemill.cli.contracts import contracts_of
from tidemill.cli.options import Environment, Home, Overrides
from tidemill.config import Config, load_config
from tidemill.contract import known_datasets
from tidemill.errors import RequestWrong, RunFailed, nearest

NAMES = ("due", "list", "show", "ack", "note", "silence", "silences", "unsilence", "deliver")


class NoChannel(RequestWrong):
    """Something is to be sent, and nothing says where to."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"{given}: no webhook is configured, nor another channel. Set alerts.webhook in conf/ to ${{env:NAME}}, "
            "and NAME in the environment, or alerts.channels."
        )


class NoSuchCommand(RequestWrong):
    """A word that is neither a command nor a dataset."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"tidemill alerts has no command '{given}', and there is no such dataset. {nearest(given, NAMES)}"
        )


class NotAllSent(RunFailed):
    """Alerts are due that a channel did not take."""

    def __init__(self, untold: Sequence[str]) -> None:
        super().__init__(
            f"{len(untold)} alerts were not taken: {untold[0]} They are delivered by tidemill alerts deliver."
        )


def due(
    datasets: Annotated[list[str] | None, typer.Argument(help="datasets to look at; all where none is named")] = None,
    send: Annotated[bool, typer.Option("--send", help="Record them, and deliver them on every channel too.")] = False,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Print a line for each failed last run, low pass rate and stale source; exit with 1 where there is one.

    A contract that cannot be read is a line on stderr, and status 2 where nothing else is due.
    """
    from tidemill.monitoring import alerts_now, tell

    config = load_config(environment, home, overrides or ())
    _require_datasets(config, datasets or ())
    if send and not config.alerts.all_channels():
        raise NoChannel("--send")
    contracts, wrong = contracts_of(config, datasets)
    found = [alert for contract in contracts for alert in alerts_now(config, contract, datetime.now(UTC))]
    for alert in found:
        typer.echo(f"{alert.kind}: {alert.text}")
    untold = tell(config, found) if send else {}
    if untold:
        raise NotAllSent(list(untold.values()))
    if found or wrong:
        raise typer.Exit(1 if found else 2)


def _require_datasets(config: Config, given: Sequence[str]) -> None:
    known = known_datasets(config)
    for name in given:
        if name not in known and not nearest(name, known) and nearest(name, NAMES):
            raise NoSuchCommand(name)
