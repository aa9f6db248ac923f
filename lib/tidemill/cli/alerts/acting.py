"""`tidemill alerts ack`, `note`, `silence` and `unsilence`: what a person does about alerts, recorded as rows."""

import getpass
from typing import Annotated

import typer

from tidemill.cli.alerts.listing import Id, length_of
from tidemill.cli.options import Environment, Home, Overrides
from tidemill.config import load_config
from tidemill.errors import RequestWrong

By = Annotated[str | None, typer.Option("--by", help="Who does it; the user of this machine where not given.")]
Note = Annotated[str, typer.Option("--note", help="Why, for those who read it later.")]


class NothingToSilence(RequestWrong):
    """Neither an alert nor a pattern is given, or both."""

    def __init__(self) -> None:
        super().__init__(
            "expected either an alert's ID or at least one of --rule, --sensor, --dataset, to say what is silenced."
        )


def acknowledge(
    alert_id: Id,
    note: Note = "",
    by: By = None,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Acknowledge an alert: somebody takes it on, and nobody is reminded of it."""
    from tidemill import alerts

    config = load_config(environment, home, overrides or ())
    alert = alerts.find_alert(config, alert_id)
    if alert.acknowledged_by is not None:
        when = f"{alert.acknowledged_at:%Y-%m-%d %H:%M:%S}"
        typer.echo(f"tidemill: {alert.alert_id} was acknowledged by {alert.acknowledged_by} at {when} UTC.", err=True)
    alerts.acknowledge(config, alert, _who(by), note)
    typer.echo(f"acknowledged {alert.alert_id}: {alert.text}")


def note(
    alert_id: Id,
    text: Annotated[str, typer.Argument(help="What is to be known.")],
    by: By = None,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Write a note to an alert."""
    from tidemill import alerts

    config = load_config(environment, home, overrides or ())
    alert = alerts.find_alert(config, alert_id)
    alerts.add_note(config, alert, _who(by), text)
    typer.echo(f"noted at {alert.alert_id}")


def silence(  # noqa: PLR0913, PLR0917 - each is an option that a person types
    alert_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="An alert's id or its beginning.")] = None,
    lasts: Annotated[str, typer.Option("--for", help="How long, as in '2 hours'; at most 90 days.")] = "1 hour",
    rule: Annotated[str | None, typer.Option(help="Alerts of rules with this name or glob.")] = None,
    sensor: Annotated[str | None, typer.Option(help="Alerts of sensors with this name or glob.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Alerts of datasets with this name or glob.")] = None,
    note: Note = "",
    by: By = None,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Silence one alert, or all that fit, now and later: nobody is told until the time is over."""
    from tidemill import alerts

    span = length_of("--for", lasts)
    patterns = {"rule": rule, "sensor": sensor, "dataset": dataset}
    given = {name: pattern for name, pattern in patterns.items() if pattern is not None}
    if (alert_id is None) == (not given):
        raise NothingToSilence
    config = load_config(environment, home, overrides or ())
    if alert_id is not None:
        alert = alerts.find_alert(config, alert_id)
        until = alerts.silence_alert(config, alert, span, _who(by), note)
        typer.echo(f"silenced {alert.alert_id} until {until:%Y-%m-%d %H:%M:%S} UTC")
        return
    silenced = alerts.silence_matching(config, span, _who(by), dataset or "*", rule or "*", sensor or "*", note)
    what = ", ".join(f"{name} {pattern}" for name, pattern in given.items())
    typer.echo(f"silenced {what} for {lasts}; to end it before: tidemill alerts unsilence {silenced}")


def unsilence(
    silenced: Annotated[str, typer.Argument(metavar="ID", help="A silence's id, an alert's, or their beginning.")],
    by: By = None,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """End a silence before its time."""
    from tidemill import alerts

    config = load_config(environment, home, overrides or ())
    ended = alerts.unsilence(config, silenced, _who(by))
    if not ended:
        typer.echo(f"tidemill: {silenced} is not silenced by itself; see tidemill alerts silences.", err=True)
    for one in ended:
        typer.echo(f"ended the silence {one.silence_id}")


def _who(by: str | None) -> str:
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "command line"
