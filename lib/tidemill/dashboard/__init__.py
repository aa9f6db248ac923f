"""The dashboard: what the lake holds, in a browser, read without a JVM."""

from tidemill.dashboard.access import DashboardNeedsPassword, PasswordTooShort, required_password
from tidemill.dashboard.app import dashboard_app
from tidemill.dashboard.board import Board
from tidemill.dashboard.serving import PortTaken, serve

__all__ = [
    "Board",
    "DashboardNeedsPassword",
    "PasswordTooShort",
    "PortTaken",
    "dashboard_app",
    "required_password",
    "serve",
]
