"""Text that came from outside, made harmless for a terminal."""

import unicodedata

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text


def plain(text: str, style: str = "") -> Text:
    """The text with its control and direction characters spelled out and no markup, so that it steers no terminal."""
    spelled = (f"\\u{ord(one):04x}" if unicodedata.category(one) in ("Cc", "Cf") else one for one in text)
    return Text("".join(spelled), style=style)


def shortened(text: str, characters: int) -> str:
    """The text on one line, cut off where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1] + "\N{HORIZONTAL ELLIPSIS}"


def tell_error(error: BaseException | str) -> None:
    """Write the error to stderr as one line."""
    typer.echo(f"tidemill: {' '.join(str(error).split())}", err=True)


def width_of(console: Console, table: Table) -> int:
    """The characters that a table takes where none of its cells is cut."""
    return console.measure(table, options=console.options.update(width=1000)).maximum


def print_uncut(console: Console, table: Table) -> None:
    """Print a table without cutting a cell: a terminal that is narrower breaks the lines."""
    console.width = max(console.width, width_of(console, table))
    console.print(table)
