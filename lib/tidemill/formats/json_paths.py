"""Find the array that holds the records of an object."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tidemill.errors import RunFailed
from tidemill.formats.json_text import DECODER
from tidemill.formats.location import shown_path

# A string that is cut by the end of the text is a token too, as what is in it is none.
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}\[\]:,]', re.DOTALL)
_SPACE = re.compile(r"\s*")


class NoRecords(RunFailed):
    """A file does not hold what its contract says its records are."""

    def __init__(self, uri: str, records: str, found: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: there is no '{records}' with records in it. {found} Mend 'records' under source."
        )


class Array(NamedTuple):
    """An array in an object, in no other array: the names that lead to it, and where its first value begins."""

    names: tuple[str, ...]
    start: int


class Unfinished(Exception):
    """A text ends within the object that it begins with."""


def arrays(text: str, position: int = 0) -> Iterator[Array]:
    """The arrays in the object at a place, none of them looked into.

    Raises:
        Unfinished: behind the last that the text holds.
    """
    names: list[str] = []
    last, within = "", 0
    for token in TOKEN.finditer(text, position):
        mark = token.group()
        if within:
            within += {"{": 1, "[": 1, "}": -1, "]": -1}.get(mark, 0)
        elif mark[0] == '"':
            last = mark
        elif mark == "{":
            names.append("")
        elif mark == ":" and names:
            names[-1] = _text(last)
        elif mark == "[":
            within = 1
            yield Array(tuple(names), token.end())
        elif mark == "}":
            names.pop()
        if not names and not within:
            return
    raise Unfinished


def records_paths(text: str) -> tuple[str, ...]:
    """The dotted paths to the arrays of objects in the object that a text begins with, as far as the text reaches."""
    paths = []
    try:
        for array in arrays(text):
            first = _SPACE.match(text, array.start)
            if first and text[first.end() : first.end() + 1] == "{" and not any("." in name for name in array.names):
                paths.append(".".join(array.names))
    except Unfinished:
        pass
    return tuple(paths)


def array_start(text: str, position: int, names: Sequence[str]) -> int | None:
    """Where the values of the array that some names lead to begin; None where the object at the place has none.

    Raises:
        Unfinished: the text ends before it is found.
    """
    return next((array.start for array in arrays(text, position) if array.names == tuple(names)), None)


def behind_objects(text: str, position: int, depth: int) -> tuple[int, int]:
    """Walk out of so many objects.

    Returns:
        The place, and how many objects are still to be left where the text ends first.
    """
    for token in TOKEN.finditer(text, position):
        mark = token.group()
        if mark[0] == '"' and token.end() == len(text):
            return token.start(), depth
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(mark, 0)
        if depth <= 0:
            return token.end(), 0
    return len(text), depth


def _text(token: str) -> str:
    try:
        return str(DECODER.decode(token))
    except ValueError:
        return token
