"""Base classes of every error that a person may meet, one for each exit status."""

from collections.abc import Sequence
from difflib import get_close_matches


def suggestion(name: str, known: Sequence[str]) -> str:
    """What a person who typed an unknown name may have meant: the nearest known one, else all of them."""
    nearest = get_close_matches(name, known, n=1)
    return f"Did you mean '{nearest[0]}'?" if nearest else f"Known: {', '.join(known) or 'none'}."


class TidemillError(Exception):
    """A fact that stops the work, said in one line: what, where, what was expected, what to do next."""

    exit_status = 1


class RunFailed(TidemillError):
    """The request was right, but the run could not be finished."""

    exit_status = 1


class RequestWrong(TidemillError):
    """The request itself is wrong: an argument, a setting, a contract. Nothing was read."""

    exit_status = 2
