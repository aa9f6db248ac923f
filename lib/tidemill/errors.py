"""Base classes of every error that a person may meet, one for each exit status."""


class TidemillError(Exception):
    """A fact that stops the work, said in one line: what, where, what was expected, what to do next."""

    exit_status = 1


class RunFailed(TidemillError):
    """The request was right, but the run could not be finished."""

    exit_status = 1


class RequestWrong(TidemillError):
    """The request itself is wrong: an argument, a setting, a contract. Nothing was read."""

    exit_status = 2
