"""How a delimited text is written."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """Delimiter, quote and escape of a delimited text; `Recognised` tells what each of them means."""

    delimiter: str
    quote: str = '"'
    escape: str = ""
