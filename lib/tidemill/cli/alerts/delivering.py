"""`tidemill alerts deliver`: give channels what they have not had yet, for a scheduler or as a service of its own."""

import signal
from threading import Event
from typing import Annotated

import typer

from tidemill.cli.alerts.due import NoChannel
from tidemill.cli.options import Environment, Home, Overrides
from tidemill.config import load_config


def deliver(
    follow: Annotated[bool, typer.Option("--follow", help="Go on until SIGTERM or Ctrl-C, as they come.")] = False,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Deliver what is due on every channel; exit with 1 where a channel did not take all of it."""
    from tidemill.alerts import Deliverer

    config = load_config(environment, home, overrides or ())
    if not config.alerts.all_channels():
        raise NoChannel("deliver")
    deliverer = Deliverer(config)
    if follow:
        stopping = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        deliverer.run(stopping)
        return
    missed = False
    for name, passed in sorted(deliverer.deliver_once().items()):
        reason = passed.down or next(iter(passed.waiting.values()), "")
        waits = f", {len(passed.waiting)} waiting: {reason}" if passed.waiting or passed.down else ""
        given_up = f", {len(passed.given_up)} given up" if passed.given_up else ""
        typer.echo(f"{name}: {len(passed.sent)} delivered{given_up}{waits}")
        missed = missed or bool(passed.waiting or passed.given_up or passed.down)
    if missed:
        raise typer.Exit(1)
