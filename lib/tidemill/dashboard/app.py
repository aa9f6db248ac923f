"""The Dash application: an address becomes a page, and every two seconds what has changed on it is sent again."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import structlog
from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from tidemill.dashboard.access import protect
from tidemill.dashboard.acting import register_acting
from tidemill.dashboard.board import Board
from tidemill.dashboard.pages import PAGES
from tidemill.dashboard.parts import Graph, Page, Part, Query, digest, note
from tidemill.dashboard.shell import INDEX, navigation, page_components, shell
from tidemill.dashboard.words import clock
from tidemill.errors import TidemillError

ASSETS = Path(__file__).parent / "assets"


def dashboard_app(board: Board, password: str | None = None) -> Dash:
    """The application; its `server` is what a WSGI server runs.

    Args:
        board: what it shows.
        password: what a person must know; None where the server is reached from this machine alone.
    """
    app = Dash(
        "tidemill.dashboard",
        assets_folder=str(ASSETS),
        # The page's head takes these in when it is time.
        assets_ignore=r"early\.js|plotly-basic\.min\.js|login\.html",
        serve_locally=True,
        include_pages_meta=False,
        suppress_callback_exceptions=True,
        title="tidemill",
        update_title="",
        index_string=INDEX,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "color-scheme", "content": "light dark"},
        ],
        add_log_handler=False,
        enable_mcp=False,
    )
    app.layout = shell()
    _register_pages(app, board)
    _register_looks(app)
    register_acting(app, board)
    protect(app, password)
    return app


def made_page(board: Board, query: Query) -> Page:
    """The page at an address; what cannot be read is told on it."""
    make = PAGES.get(query.path)
    if make is None:
        return Page("Not here", [Part("nothing", note("There is no such page."))])
    try:
        return make(board, query)
    except TidemillError as error:
        return Page("Not readable", [Part("unreadable", note(str(error), "bad"))])
    except Exception as error:  # a page that fails must not take the others with it
        structlog.get_logger().exception("page_failed", path=query.path)
        told = f"This page failed: {type(error).__name__}. The dashboard's log says why; the other pages work."
        return Page("Failed", [Part("failed", note(told, "bad"))])


def open_alerts(board: Board) -> int:
    """How many alerts are open; none where that cannot be read, which the pages tell."""
    try:
        return sum(alert.is_open for alert in board.alerts())
    except TidemillError:
        return 0


def _query(path: str | None, search: str | None, text: str | None, zoom: list[str] | None = None) -> Query:
    values = dict(parse_qsl((search or "").removeprefix("?"), max_num_fields=20))
    return Query(path or "/", values, (text or "")[:200], (zoom[0], zoom[1]) if zoom else None)


def _digests(page: Page, count: int) -> dict[str, str]:
    contents = {one.name: digest(one.figure if isinstance(one, Graph) else one.content) for one in page.flat()}
    return {**contents, "navigation": str(count)}


def _register_pages(app: Dash, board: Board) -> None:
    @app.callback(
        Output("title", "children"),
        Output("page", "children"),
        Output("navigation", "children"),
        Output("searching", "hidden"),
        Output("digests", "data"),
        Output("beat", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
        State("search", "value"),
        prevent_initial_call=True,  # the address tells itself once it is known
    )
    def navigate(path: str | None, search: str | None, text: str | None) -> tuple[Any, ...]:
        page, count = made_page(board, _query(path, search, text)), open_alerts(board)
        head = navigation(path or "/", count)
        return page.title, page_components(page), head, not page.searches, _digests(page, count), _beat(board, count)

    @app.callback(
        Output({"kind": "part", "name": ALL}, "children"),
        Output({"kind": "figure", "name": ALL}, "data"),
        Output("page", "children", allow_duplicate=True),
        Output("navigation", "children", allow_duplicate=True),
        Output("digests", "data", allow_duplicate=True),
        Output("beat", "data", allow_duplicate=True),
        Input("tick", "n_intervals"),
        Input("search", "value"),
        Input("zoom", "data"),
        Input("acted", "data"),
        State("url", "pathname"),
        State("url", "search"),
        State("digests", "data"),
        prevent_initial_call=True,
    )
    def refresh(
        _tick: Any, text: str | None, zoom: list[str] | None, _acted: Any, path: str, search: str, known: dict[str, str]
    ) -> tuple[Any, ...]:
        page, count = made_page(board, _query(path, search, text, zoom)), open_alerts(board)
        there = [[one["id"]["name"] for one in every] for every in ctx.outputs_list[:2]]
        now = _digests(page, count)
        contents = {one.name: one.figure if isinstance(one, Graph) else one.content for one in page.flat()}
        same = set(contents) == {*there[0], *there[1]}
        changed = {name for name in contents if now[name] != (known or {}).get(name)}
        renewed = [[contents[name] if same and name in changed else no_update for name in names] for names in there]
        head = no_update if now["navigation"] == (known or {}).get("navigation") else navigation(path, count)
        everything = no_update if same else page_components(page)
        return *renewed, everything, head, now if now != known else no_update, _beat(board, count)


def _beat(board: Board, count: int) -> dict[str, Any]:
    return {"at": clock(board.now()), "alerts": count}


def _register_looks(app: Dash) -> None:
    def in_browser(name: str) -> ClientsideFunction:
        return ClientsideFunction("tidemill", name)

    call: Any = app.clientside_callback  # it has no types
    call(
        in_browser("dress"),
        Output({"kind": "graph", "name": MATCH}, "figure"),
        Input({"kind": "figure", "name": MATCH}, "data"),
        Input("theme", "data"),
        Input("zoom", "data"),
    )
    call(
        in_browser("zoomed"),
        Output("zoom", "data"),
        Input({"kind": "graph", "name": ALL}, "relayoutData"),
        Input("url", "pathname"),
        Input("url", "search"),
        State("zoom", "data"),
        prevent_initial_call=True,
    )
    call(in_browser("toggled"), Output("theme", "data"), Output("toggle", "children"), Input("toggle", "n_clicks"))
    call(in_browser("beaten"), Output("updated", "children"), Input("beat", "data"))
