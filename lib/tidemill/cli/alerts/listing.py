"""`tidemill alerts list`, `show` and `silences`: what has become of alerts, from ops.alert_events; no Spark starts."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidemill.cli.options import Environment, Home, Json, Overrides
from tidemill.cli.shown import plain, shortened
from tidemill.config import length, load_config
from tidemill.errors import RequestWrong

if TYPE_CHECKING:
    from tidemill.alerts import CurrentAlert

LENGTH = re.compile(r"^[1-9][0-9]{0,5} (second|minute|hour|day)s?$")
STYLES = {"open": "red", "acknowledged": "yellow", "silenced": "dim", "closed": "green"}
SEVERITIES = {"critical": "bold red", "warning": "yellow", "info": "dim"}
SHORT = 8

Id = Annotated[str, typer.Argument(metavar="ID", help="An alert's id, or a beginning that no other one has.")]


class WrongTime(RequestWrong):
    """Neither a length of time nor a date."""

    def __init__(self, option: str, given: str) -> None:
        super().__init__(f"{option} {given}: expected a length of time, as in '2 hours', or 2026-05-01T12:00 (UTC).")


class WrongLength(RequestWrong):
    """No length of time."""

    def __init__(self, option: str, given: str) -> None:
        super().__init__(f"{option} {given}: expected a length of time, as in '30 minutes', '2 hours' or '1 day'.")


def length_of(option: str, given: str) -> timedelta:
    """The length of time that a person typed.

    Raises:
        WrongLength: it is none.
    """
    text = " ".join(given.split())
    if not LENGTH.match(text):
        raise WrongLength(option, given)
    return length(text)


def list_alerts(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too, those of the last 7 days.")] = False,
    since: Annotated[
        str | None, typer.Option(help="Closed ones too: what happened since, '2 hours' or a date.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Of this dataset alone.")] = None,
    as_json: Json = False,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """List the open alerts, the newest first."""
    from tidemill.alerts import open_alerts, recent_alerts

    config = load_config(environment, home, overrides or ())
    now = datetime.now(UTC)
    if since is not None or everything:
        found = recent_alerts(config, _since(since or "7 days", now), now, dataset=dataset)
    else:
        found = [alert for alert in open_alerts(config, now) if dataset in (None, alert.dataset)]
    if as_json:
        for alert in found:
            typer.echo(json.dumps(alert.as_json(now), ensure_ascii=False))
    elif found:
        _print(found, now)
    else:
        typer.echo(f"tidemill: no {'' if everything or since else 'open '}alerts in {config.lake_root}.", err=True)


def show(
    alert_id: Id,
    as_json: Json = False,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Show one alert: its beginning and end, who took it on, notes, silences, what each channel took."""
    from tidemill.alerts import find_alert

    config = load_config(environment, home, overrides or ())
    now = datetime.now(UTC)
    alert = find_alert(config, alert_id, now)
    if as_json:
        typer.echo(json.dumps(alert.as_json(now), ensure_ascii=False))
        return
    console = Console(highlight=False)
    told = alert.as_json(now)
    notes = [f"{note['at'][:19]} {note['by']}: {note['text']}" for note in told.pop("notes")]
    channels = [
        f"{name}: {', '.join(f'{k} {v}' for k, v in one.items())}" for name, one in told.pop("delivered").items()
    ]
    details = [f"{name}: {value}" for name, value in told.pop("details").items()]
    lines = [(name.replace("_", " "), str(value)) for name, value in told.items() if value not in (None, "")]
    several = {"detail": details, "note": notes, "channel": channels}
    lines += [(name, text) for name, texts in several.items() for text in texts]
    for name, value in lines:
        console.print(Text.assemble((f"{name:<16}", "dim"), plain(value)), soft_wrap=True)


def silences(
    as_json: Json = False, environment: Environment = "local", home: Home = None, overrides: Overrides = None
) -> None:
    """List the silences that hold now."""
    from tidemill.alerts import standing_silences

    config = load_config(environment, home, overrides or ())
    found = standing_silences(config)
    for one in found:
        patterns = {"dataset": one.dataset, "rule": one.rule, "sensor": one.sensor}
        if as_json:
            told = {"id": one.silence_id, **patterns, "until": one.until.isoformat(), "by": one.by, "note": one.note}
            typer.echo(json.dumps(told, ensure_ascii=False))
        else:
            what = ", ".join(f"{name} {pattern}" for name, pattern in patterns.items() if pattern != "*")
            line = f"{one.silence_id}  until {one.until:%Y-%m-%d %H:%M:%S} UTC  {what}  by {one.by}  {one.note}"
            Console(highlight=False).print(plain(line.rstrip()), soft_wrap=True)
    if not found and not as_json:
        typer.echo("tidemill: no silence holds now.", err=True)


def _since(given: str, now: datetime) -> datetime:
    text = " ".join(given.split())
    if LENGTH.match(text):
        return now - length(text)
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise WrongTime("--since", given) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _print(found: Sequence["CurrentAlert"], now: datetime) -> None:
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "severity", "state", "since (UTC)", "dataset", "rule", "sensor", "what"):
        table.add_column(name, no_wrap=name != "what", overflow="fold")
    digits = _digits([alert.alert_id for alert in found])
    for alert in found:
        state = alert.state(now)
        table.add_row(
            plain(alert.alert_id[:digits]),
            Text(alert.severity, SEVERITIES[alert.severity]),
            Text(state, STYLES[state]),
            Text(f"{alert.opened_at or alert.began_at:%Y-%m-%d %H:%M:%S}"),
            *(plain(text) for text in (alert.dataset, alert.rule, alert.sensor)),
            plain(shortened(alert.text or alert.closing, 200)),
        )
    if not console.is_terminal:
        console.width = max(console.width, 400)
    console.print(table)


def _digits(ids: Sequence[str]) -> int:
    """How many characters tell all of them apart, at least 8."""
    return next((n for n in range(SHORT, 16) if len({one[:n] for one in ids}) == len(set(ids))), 16)
