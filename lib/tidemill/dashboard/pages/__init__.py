"""The pages by their address: each makes a `Page` of what the board holds and the address asks for."""

from collections.abc import Callable

from tidemill.dashboard.board import Board
from tidemill.dashboard.pages.alerts import alerts_page
from tidemill.dashboard.pages.overview import overview_page
from tidemill.dashboard.pages.runs import runs_page
from tidemill.dashboard.pages.sensor import sensor_page
from tidemill.dashboard.pages.sensors import sensors_page
from tidemill.dashboard.pages.streams import streams_page
from tidemill.dashboard.parts import Page, Query

PAGES: dict[str, Callable[[Board, Query], Page]] = {
    "/": overview_page,
    "/sensors": sensors_page,
    "/sensor": sensor_page,
    "/alerts": alerts_page,
    "/streams": streams_page,
    "/runs": runs_page,
}

__all__ = ["PAGES"]
