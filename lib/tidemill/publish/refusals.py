"""Why a table is not published, each fact in one line."""

from collections.abc import Sequence

from tidemill.errors import RequestWrong, RunFailed


class WrongTarget(RequestWrong):
    """The configuration names no database that can be published to."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"publish.url {url} is no database to publish to: expected postgresql://HOST:PORT/DATABASE or "
            "sqlite:///FILE with a local path. Set it in conf/base.yaml or with --set publish.url=..."
        )


class WrongName(RequestWrong):
    """--to is no name for a table."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"--to {name}: expected a name of lower-case letters, digits and _, at most 63, a letter first, and not "
            "tidemill_..., which are tidemill's own."
        )


class TargetUnreachable(RunFailed):
    """The database does not answer, or does not let this user in."""

    def __init__(self, shown: str, reason: str) -> None:
        super().__init__(
            f"the database {shown} cannot be opened: {reason}. Start it, or mend publish.url, user and password in "
            "conf/; then run it again."
        )


class PublishingFailed(RunFailed):
    """The database refused in the midst of publishing."""

    def __init__(self, shown: str, reason: str) -> None:
        super().__init__(
            f"the database {shown} refused: {reason}. It has what it had before; mend it and run it again."
        )


class WrongKey(RunFailed):
    """The gold table's rows are not told apart by its key."""

    def __init__(self, table: str, key: Sequence[str], reason: str) -> None:
        super().__init__(
            f"{table} is not told apart by its key ({', '.join(key)}): {reason}. Nothing was published; mend the "
            "table's module, build it and run it again."
        )


class ForeignTable(RunFailed):
    """The database has a table of this name that somebody else made."""

    def __init__(self, shown: str, to: str) -> None:
        super().__init__(
            f"{shown} has a table {to} that was not published by tidemill. Publish under another name with --to NAME, "
            "or remove that table."
        )


class BreaksReaders(RunFailed):
    """The table's columns changed in a way that its readers would not bear."""

    def __init__(self, table: str, to: str, changes: Sequence[str]) -> None:
        super().__init__(
            f"{table} changed so that readers of {to} would break: {'; '.join(changes)}. Publish it under another name "
            f"with --to NAME, or, where all readers are ready, drop what changed in {to} and run it again."
        )
