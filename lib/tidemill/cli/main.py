"""The command `tidemill`: its subcommands, and how their errors reach a person."""

import os
import sys

import typer
from typer.exceptions import TyperException

from tidemill import __version__
from tidemill.cli.alerts import alerts
from tidemill.cli.backtest import backtest
from tidemill.cli.bridge import bridge
from tidemill.cli.check_config import check_config
from tidemill.cli.dashboard import dashboard
from tidemill.cli.demo import demo
from tidemill.cli.demo_data import demo_data
from tidemill.cli.doctor import doctor
from tidemill.cli.inspect import inspect
from tidemill.cli.quarantine import quarantine
from tidemill.cli.report import report
from tidemill.cli.runs import runs
from tidemill.cli.shown import tell_error
from tidemill.cli.tables import tables
from tidemill.config import configure_logging
from tidemill.errors import TidemillError

app = typer.Typer(
    name="tidemill",
    help="What needs no Spark job. Jobs are run with spark-submit jobs/NAME.py; see README.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = (
    *(doctor, demo, demo_data, check_config, inspect, runs, tables, quarantine, report),
    *(bridge, dashboard, backtest),
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(alerts)


def run(arguments: list[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 it failed, 2 the request was wrong; an error is one line on stderr."""
    sys.exit(exit_status(sys.argv[1:] if arguments is None else arguments))


def exit_status(arguments: list[str]) -> int:
    """Run the command and return its exit status."""
    configure_logging("warning")
    try:
        ended = app(arguments, prog_name="tidemill", standalone_mode=False)
    except TyperException as error:
        tell_error(_wrong_request(error))
        return 2
    except TidemillError as error:
        tell_error(error)
        return error.exit_status
    except typer.Abort:
        ended = 130
    except Exception as error:  # the last line of defence, as in a job
        if os.environ.get("TIDEMILL_TRACE"):
            raise
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        tell_error(f"unexpected {type(error).__name__}: {reason} (set TIDEMILL_TRACE=1 to see where)")
        return 1
    # typer turns an interrupt into this status.
    if ended == 130:
        tell_error("stopped; run it again to go on with what is left.")
    return ended if isinstance(ended, int) else 0


@app.callback(invoke_without_command=True)
def _options(version: bool = typer.Option(False, "--version", help="Show the version and exit.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def _wrong_request(error: TyperException) -> str:
    message = str(error).strip()
    return f"{message if message.endswith(('.', '?')) else message + '.'} See tidemill --help."
