"""The names of a lake's tables, LAYER.NAME, and where each one is."""

import re
from collections.abc import Sequence

from tidemill.errors import RequestWrong, nearest

LAYERS = ("bronze", "silver", "quarantine", "gold", "ops")
NAME = re.compile(rf"^({'|'.join(LAYERS)})\.([a-z][a-z0-9_]*)$")


class NoSuchTable(RequestWrong):
    """The table is not in the lake."""

    def __init__(self, name: str, root: str, known: Sequence[str] = ()) -> None:
        hint = nearest(name, known)
        super().__init__(
            f"there is no table {name} under {root}.{f' {hint}' if hint else ''} Tables are LAYER.NAME, LAYER one of "
            f"{', '.join(LAYERS)}; run the job that builds it first."
        )


def table_path(root: str, name: str) -> str:
    """The path of a table, whether or not it exists.

    Args:
        root: the lake's.
        name: LAYER.NAME.

    Raises:
        NoSuchTable: it is not.
    """
    parts = NAME.match(name)
    if parts is None:
        raise NoSuchTable(name, root)
    return f"{root}/{parts[1]}/{parts[2]}"
