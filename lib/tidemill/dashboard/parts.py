"""What pages are made of. Texts from data become text nodes: nothing here takes HTML or Markdown."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlencode

from dash import dcc, html
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from tidemill.dashboard.figures import Figure

Tone = Literal["plain", "good", "warn", "bad"]
Content = Any  # a component, a text, or a list of them


@dataclass(frozen=True)
class Part:
    """A piece of a page that is renewed when its content changes."""

    name: str
    content: Content


@dataclass(frozen=True)
class Graph:
    """A figure, and what it shows in words. Its height is fixed, so that nothing moves when it is drawn."""

    name: str
    figure: Figure
    caption: str
    height: int = 260


@dataclass(frozen=True)
class Page:
    """A page: its blocks are the same from one refresh to the next, their content is not.

    Attributes:
        title: heading.
        blocks: parts and graphs in reading order; a list of graphs stands side by side where there is room.
        searches: whether the search field is shown.
    """

    title: str
    blocks: Sequence[Part | Graph | Sequence[Graph]]
    searches: bool = False

    def flat(self) -> list[Part | Graph]:
        """All parts and graphs."""
        return [one for block in self.blocks for one in ([block] if isinstance(block, Part | Graph) else block)]


@dataclass(frozen=True)
class Cell:
    """A table's cell that is more than text: its content, its tone, what it is to be told by."""

    content: Content
    tone: Tone = "plain"
    hint: str = ""
    number: bool = False


@dataclass(frozen=True)
class Query:
    """What a page's address asks for."""

    path: str
    values: dict[str, str] = field(default_factory=dict)
    search: str = ""
    zoom: tuple[str, str] | None = None

    def get(self, name: str, known: Iterable[str] | None = None, default: str | None = None) -> str | None:
        """A value; the default where it is not given or not one of the known."""
        value = self.values.get(name)
        return value if value is not None and (known is None or value in known) else default


def address(path: str, **values: object) -> str:
    """A page's address; values that are None are left out."""
    given = {name: str(value) for name, value in values.items() if value is not None}
    return f"{path}?{urlencode(given, quote_via=quote)}" if given else path


def labelled(name: str) -> dict[str, Any]:
    """What a part is called for those who cannot see it."""
    return {"aria-label": name}


def digest(content: Content) -> str:
    """The same for content that looks the same."""
    return hashlib.sha256(json.dumps(content, cls=PlotlyJSONEncoder).encode()).hexdigest()[:16]


def note(content: Content, tone: Tone = "plain") -> Component:
    """A paragraph; a tone marks a verdict."""
    return html.P(content, className=f"note {tone}")


def heading(text: str) -> Component:
    """A section's heading."""
    return html.H2(text)


def badge(text: str, tone: Tone = "plain") -> Component:
    """A word that stands out."""
    return html.Span(text, className=f"badge {tone}")


def key_figures(figures: Sequence[tuple[str, str, Tone, str | None]]) -> Component:
    """What a reader sees first: (value, what it is, tone, the address that tells more)."""
    return html.Div([_key_figure(*figure) for figure in figures], className="key-figures")


def _key_figure(value: str, label: str, tone: Tone, more: str | None) -> Component:
    inner = [html.Span(value, className="value"), html.Span(label, className="label")]
    return dcc.Link(inner, href=more, className=tone) if more else html.Div(inner, className=tone)


def choices(label: str, options: Sequence[tuple[str, str, bool]]) -> Component:
    """Links of which one is chosen: (text, address, whether it is)."""
    links = [
        dcc.Link(text, href=where, className="choice chosen" if chosen else "choice") for text, where, chosen in options
    ]
    return html.Nav(links, className="choices", **labelled(label))


def table(
    columns: Sequence[str], rows: Sequence[Sequence[Cell | str | None]], label: str, dense: bool = False
) -> Component:
    """Rows under a header. On a telephone each row becomes a card, its cells named by their columns unless `dense`."""
    numbers = [bool(rows) and isinstance(cell, Cell) and cell.number for cell in (rows[0] if rows else columns)]
    head = [
        html.Th(name, scope="col", className="number" if right else None) for name, right in _named(columns, numbers)
    ]
    body = [html.Tr([_cell(cell, name) for name, cell in zip(columns, row, strict=True)]) for row in rows]
    inner = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)])
    narrow = " narrow" if len(columns) < 4 else ""
    return html.Div(
        inner, className=f"table{' dense' if dense else ''}{narrow}", tabIndex=0, role="region", **labelled(label)
    )


def _named(columns: Sequence[str], numbers: Sequence[bool]) -> list[tuple[str, bool]]:
    return list(zip(columns, numbers, strict=True))


def _cell(cell: Cell | str | None, column: str) -> Component:
    known = cell if isinstance(cell, Cell) else Cell(cell)
    content = "\N{EN DASH}" if known.content is None else known.content
    classes = " ".join(name for name in (known.tone, "number" if known.number else "") if name != "plain" and name)
    return html.Td(content, className=classes or None, title=known.hint or None, **_column(column))


def _column(name: str) -> dict[str, Any]:
    return {"data-label": name}


def sparkline(values: Sequence[float | None]) -> Component | None:
    """A small line in the colour of its text; None where there is too little to draw."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    steps = max(len(values) - 1, 1)
    places, pen = [], "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        height = 20 - 18 * (value - low) / (high - low) - 1 if high > low else 10
        places.append(f"{pen}{100 * place / steps:.1f} {height:.1f}")
        pen = "L"
    drawn = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='-1 0 102 20' preserveAspectRatio='none'>"
        f"<path d='{' '.join(places)}' fill='none' stroke='black' stroke-width='1.6' "
        "vector-effect='non-scaling-stroke' stroke-linejoin='round' stroke-linecap='round'/></svg>"
    )
    # A mask, and not an image, so that the line takes the colours of the page.
    mask = f'url("data:image/svg+xml,{quote(drawn)}")'
    return html.Span(className="sparkline", style={"maskImage": mask, "WebkitMaskImage": mask})
