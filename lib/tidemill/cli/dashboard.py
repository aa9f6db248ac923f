"""`tidemill dashboard`: the lake in a browser."""

from typing import Annotated

import typer

from tidemill.cli.options import Environment, Home, Overrides
from tidemill.config import load_config
from tidemill.errors import RequestWrong


class DashboardMissing(RequestWrong):
    """The dashboard's libraries are not installed."""

    def __init__(self, module: str) -> None:
        super().__init__(
            f"the dashboard needs {module}, which is not installed. Run: pip install 'tidemill[dashboard]'"
        )


def dashboard(
    host: Annotated[str, typer.Option(help="Where to listen; others than this machine's own need a password.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port.")] = 8050,
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Show sensors, alerts, streams, runs and quarantine in a browser until it is stopped; no Spark is started."""
    try:
        from tidemill.dashboard import required_password, serve
        from tidemill.dashboard.serving import server_name
    except ModuleNotFoundError as error:
        raise DashboardMissing(error.name or "dash") from None
    config = load_config(environment, home, overrides or ())
    required_password(config, host)
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"tidemill: the dashboard is at http://{shown}:{port} ({server_name()}); Ctrl+C stops it", err=True)
    serve(config, host, port)
