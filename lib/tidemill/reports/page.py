"""Compose one HTML file that opens anywhere: styles and plotly.js inside, light and dark, from phone to desktop."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isnan
from numbers import Integral, Real
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.graph_objects import Figure
from plotly.offline import get_plotlyjs

Tone = Literal["plain", "good", "bad"]


@dataclass(frozen=True)
class KeyFigure:
    """One number that a reader should see first: its value as text, what it is, and whether it is good news."""

    value: str
    label: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class KeyFigures:
    """A row of key figures."""

    figures: Sequence[KeyFigure]
    kind: str = field(default="key_figures", init=False)


@dataclass(frozen=True)
class Note:
    """A paragraph; a tone marks a verdict. `link` is where to go on, from the page's folder: `models/churn-1.html`."""

    text: str
    tone: Tone = "plain"
    link: str = ""
    kind: str = field(default="note", init=False)


@dataclass(frozen=True)
class Table:
    """Rows under a header; numbers stand right. One with a `summary` starts folded; column `wrapped` breaks texts."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""
    summary: str = ""
    wrapped: str = ""
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Plot:
    """A plotly figure and what it shows, in words for those who cannot see it."""

    figure: Figure
    caption: str
    kind: str = field(default="plot", init=False)

    @property
    def json(self) -> Markup:
        """The figure's data and layout, safe inside a script element."""
        text: str = self.figure.to_json()
        return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


@dataclass(frozen=True)
class Plots:
    """Small plots, side by side where there is room."""

    plots: Sequence[Plot]
    kind: str = field(default="plots", init=False)


@dataclass(frozen=True)
class Picture:
    """A small image as a PNG file's bytes, and what stands under it."""

    png: bytes
    caption: str

    @property
    def source(self) -> str:
        """The file inside the page."""
        return f"data:image/png;base64,{b64encode(self.png).decode('ascii')}"


@dataclass(frozen=True)
class Pictures:
    """Small images, as many in a row as there is room for."""

    pictures: Sequence[Picture]
    kind: str = field(default="pictures", init=False)


Block = KeyFigures | Note | Table | Plot | Plots | Pictures


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: Sequence[Block]


def page(title: str, sections: Sequence[Section], subtitle: str = "", made_at: datetime | None = None) -> str:
    """Compose a page.

    Args:
        title: heading and window title.
        sections: in reading order; a list of contents links to them.
        subtitle: a sentence under the heading.
        made_at: the time that the page names; now, where none is given.

    Returns:
        HTML that needs no other file and no network. Text is escaped; plotly.js comes in once, if there is a plot.
    """
    environment = Environment(
        loader=PackageLoader("tidemill.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.filters["is_number"] = is_number
    has_plots = any(isinstance(block, Plot | Plots) for section in sections for block in section.blocks)
    return environment.get_template("page.html").render(
        title=title,
        subtitle=subtitle,
        sections=sections,
        made_at=f"{made_at or datetime.now(UTC):%d %B %Y, %H:%M} UTC",
        plotly_js=Markup(get_plotlyjs()) if has_plots else "",  # noqa: S704
    )


def is_number(value: object) -> bool:
    """Whether a table sets the value to the right."""
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def shown(value: object) -> str:
    """A table's cell as text: thousands set apart, fractions to four significant digits, nothing as a dash."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}"
    if isinstance(value, Real | Decimal):
        number = float(value)
        return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return value.isoformat() if isinstance(value, date) else str(value)
