"""The WSGI server: gunicorn where it is, one process with threads, as the threads share what was read."""

import socket
from importlib.util import find_spec
from threading import Thread
from typing import Any

from tidemill.config import Config
from tidemill.dashboard.access import required_password
from tidemill.errors import RequestWrong

THREADS = 16


class PortTaken(RequestWrong):
    """The dashboard cannot listen there."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"{host}:{port}: the dashboard cannot listen here ({reason}). Choose another --port or --host."
        )


def server_name() -> str:
    """Which server `serve` runs."""
    return "gunicorn" if find_spec("gunicorn") else "werkzeug"


def serve(config: Config, host: str, port: int) -> None:
    """Serve the dashboard until the process is told to stop.

    Args:
        config: where the lake is, and the password.
        host: a name or address of this machine.
        port: TCP.

    Raises:
        DashboardNeedsPassword, PasswordTooShort, MissingSecret: see `required_password`.
        PortTaken: something else listens there, or the host is not this machine's.
    """
    password = required_password(config, host)
    _require_free(host, port)
    if server_name() == "gunicorn":
        _gunicorn(config, password, host, port)
    else:
        _werkzeug(config, password, host, port)


def _application(config: Config, password: str | None) -> Any:
    from tidemill.dashboard.app import dashboard_app, made_page  # noqa: PLC0415 - in the process that serves
    from tidemill.dashboard.board import Board  # noqa: PLC0415
    from tidemill.dashboard.parts import Query  # noqa: PLC0415

    board = Board(config)
    # The first visitor need not wait for what all of them need.
    Thread(target=made_page, args=(board, Query("/")), daemon=True).start()
    return dashboard_app(board, password).server


def _gunicorn(config: Config, password: str | None, host: str, port: int) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - not everywhere

    class Dashboard(BaseApplication):
        def load_config(self) -> None:
            address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            wanted = {
                **{"bind": address, "workers": 1, "worker_class": "gthread", "threads": THREADS, "timeout": 60},
                **{"graceful_timeout": 5, "keepalive": 30, "loglevel": "warning", "control_socket_disable": True},
            }
            for name, value in wanted.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return _application(config, password)

    Dashboard().run()


def _werkzeug(config: Config, password: str | None, host: str, port: int) -> None:
    from werkzeug.serving import make_server  # noqa: PLC0415

    make_server(host, port, _application(config, password), threaded=True).serve_forever()


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, OverflowError) as error:
        raise PortTaken(host, port, str(error.args[-1])) from None
