"""Remember which filters the session at the broker has."""

from contextlib import suppress
from pathlib import Path

import structlog


class Filters:
    """The filters that the session may have, in a file, one a line; an empty line where the broker has yet to confirm.

    What cannot be read or written is asked of the broker anew, so that a full disk costs no subscription.

    Args:
        file: need not be there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: list[str] = []
        with suppress(OSError, UnicodeDecodeError):
            self._lines = file.read_text().split("\n")

    def confirmed(self, filter_: str) -> bool:
        """Whether the broker has confirmed this one, and no other is known of."""
        return self._lines == [filter_]

    def others(self, filter_: str) -> list[str]:
        """Those that the session may have besides this one."""
        return [each for each in self._lines if each not in ("", filter_)]

    def ask(self, filter_: str) -> None:
        """Take down, before the broker is asked for this one, that nothing is certain until it has answered."""
        self._keep(["", *self.others(filter_), filter_])

    def confirm(self, filter_: str) -> None:
        """Take down that the broker has confirmed this one; it was asked to forget the others."""
        self._keep([filter_])

    def _keep(self, lines: list[str]) -> None:
        if lines == self._lines:
            return
        self._lines = lines
        try:
            self._file.write_text("\n".join(lines))
        except OSError as error:
            with suppress(OSError):
                self._file.unlink()
            structlog.get_logger().warning("filter_not_remembered", file=str(self._file), problem=error.strerror)
