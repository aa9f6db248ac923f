"""`tidemill alerts`: what people must be told, what has become of alerts, and what people do about them."""

from collections.abc import Callable, Mapping

import typer
from typer.core import TyperGroup

from tidemill.cli.alerts.acting import acknowledge, note, silence, unsilence
from tidemill.cli.alerts.delivering import deliver
from tidemill.cli.alerts.due import due
from tidemill.cli.alerts.listing import list_alerts, show, silences

COMMANDS: Mapping[str, Callable[..., None]] = {
    "due": due,
    "list": list_alerts,
    "show": show,
    "ack": acknowledge,
    "note": note,
    "silence": silence,
    "silences": silences,
    "unsilence": unsilence,
    "deliver": deliver,
}


class _DueByDefault(TyperGroup):
    """`tidemill alerts [DATASETS]`, for a scheduler, is `tidemill alerts due [DATASETS]`."""

    def parse_args(self, ctx, args):  # type: ignore[no-untyped-def]
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = ["due", *args]
        return super().parse_args(ctx, args)


alerts = typer.Typer(
    name="alerts",
    cls=_DueByDefault,
    help="Alerts: what is due (where no command is named), what became of each, acknowledge, silence, deliver.",
)
for name, command in COMMANDS.items():
    alerts.command(name)(command)

__all__ = ["alerts"]
