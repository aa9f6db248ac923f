"""Self-contained HTML pages: sections of text, key figures, tables and plots, with nothing fetched from a network."""

from tidemill.reports.page import Block, KeyFigure, KeyFigures, Note, Plot, Section, Table, Tone, page

__all__ = ["Block", "KeyFigure", "KeyFigures", "Note", "Plot", "Section", "Table", "Tone", "page"]
