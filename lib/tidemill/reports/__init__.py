"""Self-contained HTML pages: sections of text, key figures, tables and plots, with nothing fetched from a network."""

from tidemill.reports.page import (
    Block,
    KeyFigure,
    KeyFigures,
    Note,
    Picture,
    Pictures,
    Plot,
    Plots,
    Section,
    Table,
    Tone,
    page,
)
from tidemill.reports.writing import ReportsNotWritable, write_page

__all__ = [
    "Block",
    "KeyFigure",
    "KeyFigures",
    "Note",
    "Picture",
    "Pictures",
    "Plot",
    "Plots",
    "ReportsNotWritable",
    "Section",
    "Table",
    "Tone",
    "page",
    "write_page",
]
