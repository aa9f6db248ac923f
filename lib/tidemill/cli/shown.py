"""Text that came from outside, made harmless for a terminal."""

import unicodedata

import typer
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
