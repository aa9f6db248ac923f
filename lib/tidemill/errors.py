"""Base classes of every error that a person may meet, one for each exit status."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """The question whether a person who typed an unknown name meant the nearest known one; empty where none is near."""
    found = get_close_matches(name, list(known), n=1)
    return f"Did you mean '{found[0]}'?" if found else ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """What a person who typed an unknown name may have meant: the nearest known one, else all of them."""
    names = list(known)
    return nearest(name, names) or f"Known: {', '.join(names) or 'none'}."


class TidemillError(Exception):
    """A fact that stops the work, said in one line: what, where, what was expected, what to do next.

    Attributes:
        exit_status: of a job that it ends.
        transient: whether the same step, done again a moment later, may go well.
    """

    exit_status = 1
    transient = False


class RunFailed(TidemillError):
    """The request was right, but the run could not be finished."""

    exit_status = 1


class RequestWrong(TidemillError):
    """The request itself is wrong: an argument, a setting, a contract. Nothing was read."""

    exit_status = 2
