"""What stands around every page: head, navigation, search field, the form for alerts; and a page as components."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from tidemill.dashboard.parts import Graph, Page, Part, labelled

REFRESH_MS = 2000
# What a telephone's finger drags is the page and not the graph; the range buttons zoom there.
GRAPH: Any = {"displayModeBar": False, "responsive": True, "doubleClick": "autosize", "showTips": False}
NAVIGATION = (
    ("Overview", "/", ("/",)),
    ("Sensors", "/sensors", ("/sensors", "/sensor")),
    ("Alerts", "/alerts", ("/alerts",)),
    ("Streams", "/streams", ("/streams",)),
    ("Runs", "/runs", ("/runs",)),
)
SILENCES = {"1": "1 hour", "4": "4 hours", "24": "1 day", "168": "1 week"}
INDEX = """<!doctype html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" href="assets/icon.svg" type="image/svg+xml">
<script src="assets/early.js"></script>
{%css%}
</head>
<body>
{%app_entry%}
<noscript>The dashboard needs JavaScript.</noscript>
{%config%}
{%scripts%}
{%renderer%}
</body>
</html>
"""


def shell() -> Component:
    """The frame of every page, empty as yet."""
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Interval(id="tick", interval=REFRESH_MS),
            dcc.Store(id="digests", data={}),
            dcc.Store(id="theme", data=0),
            dcc.Store(id="zoom"),
            dcc.Store(id="beat"),
            dcc.Store(id="chosen"),
            dcc.Store(id="acted"),
            html.A("To the content", href="#page", className="skip"),
            _header(),
            html.Div(id="stale", role="status", hidden=True),
            html.Main(
                [
                    html.H1(id="title"),
                    html.Div(_search(), id="searching", hidden=True),
                    html.Div(id="page", tabIndex=-1),
                ]
            ),
            _form(),
        ]
    )


def navigation(path: str, open_alerts: int) -> list[Component]:
    """The links to the pages, with the number of open alerts."""
    return [
        dcc.Link(
            [text, html.Span(str(open_alerts), className="many")] if where == "/alerts" and open_alerts else text,
            href=where,
            className="here" if path in paths else "",
        )
        for text, where, paths in NAVIGATION
    ]


def page_components(page: Page) -> list[Component]:
    """A page's blocks, each under its name, so that its content can be renewed alone."""
    return [
        html.Div([_block(one) for one in block], className="side-by-side")
        if isinstance(block, Sequence)
        else _block(block)
        for block in page.blocks
    ]


def _block(block: Part | Graph) -> Component:
    if isinstance(block, Part):
        return html.Section(block.content, id={"kind": "part", "name": block.name})
    height = {"height": f"{block.height}px"}
    graph = dcc.Graph(
        id={"kind": "graph", "name": block.name}, figure={"data": [], "layout": {}}, config=GRAPH, style=height
    )
    hint = html.Span(" Drag to zoom, double-click to go back.", className="desk")
    drawn = html.Div(graph, style=height, role="img", **labelled(block.caption))
    return html.Figure(
        [
            drawn,
            dcc.Store(id={"kind": "figure", "name": block.name}, data=block.figure),
            html.Figcaption([block.caption, hint]),
        ]
    )


def _header() -> Component:
    return html.Header(
        [
            html.Div(
                [
                    dcc.Link("tidemill", href="/", className="brand"),
                    html.Span(id="updated", className="soft"),
                    html.Button("Dark", id="toggle", type="button", className="quiet", n_clicks=0),
                ],
                className="top",
            ),
            html.Nav(id="navigation", **labelled("Pages")),
        ]
    )


def _search() -> Component:
    # Without `debounce`: with it Dash sets the caret back to where it was before what has been typed since.
    field = dcc.Input(id="search", type="search", placeholder="part of a name", value="")
    return html.Label([html.Span("Search", className="soft"), field])


def _form() -> Component:
    durations = [{"label": text, "value": hours} for hours, text in SILENCES.items()]
    inner = [
        html.H2(id="form-title"),
        html.P(id="form-text", className="soft"),
        html.Div(
            [
                html.Div("For how long?", className="soft"),
                dcc.RadioItems(id="form-hours", options=durations, value="4", className="durations"),
            ],
            id="form-silence",
        ),
        html.Label(
            [
                html.Span("Your name", className="soft"),
                dcc.Input(id="form-name", type="text", maxLength=60, persistence="who", persistence_type="local"),
            ]
        ),
        html.P(id="form-told", role="alert"),
        html.Div(
            [
                html.Button("Cancel", id="form-cancel", type="button", className="quiet", n_clicks=0),
                html.Button("Confirm", id="form-confirm", type="button", n_clicks=0),
            ],
            className="actions",
        ),
    ]
    dialog = html.Div(inner, className="form", role="dialog", **labelled("What to do about the alert"))
    return html.Div(dialog, id="form", className="veil", hidden=True)
