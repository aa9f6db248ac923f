"""An error that the contract's own SQL ended in while rows were computed, told by the check or step that holds it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tidemill.contract import Contract
from tidemill.errors import RunFailed

# The line of SQL that Spark points at, and what it says of it.
PLACE = re.compile(r"== SQL ?\(line \d+, position \d+\) ==\n([^\n]+)\n")
REASON = re.compile(r"\[[A-Z][A-Z0-9_.]*\] ([^\n]*?[.](?= |$)|[^\n]+)", re.MULTILINE)


class SqlFailed(RunFailed):
    """The SQL of a check or cleansing step cannot be computed for some row."""

    def __init__(self, dataset: str, name: str, sql: str, reason: str) -> None:
        super().__init__(
            f"{dataset}: the SQL of '{name}' failed on a row: {reason[:300]} (in: {sql}). Write it with try_divide, "
            f"try_cast and their like in conf/datasets/{dataset}.yaml, so that such a row gives null."
        )


@contextmanager
def telling_sql(contract: Contract) -> Iterator[None]:
    """Tell an error of the contract's own SQL in one line; any other passes.

    Raises:
        SqlFailed: Spark points at the SQL of a check or of `set`.
    """
    try:
        yield
    except RunFailed:
        raise
    except Exception as error:
        fault = _fault(str(error), contract)
        if fault is None:
            raise
        raise fault from error


def _fault(text: str, contract: Contract) -> SqlFailed | None:
    place = PLACE.search(text)
    if place is None:
        return None
    for name, sql in _named(contract):
        if place[1] in sql.split("\n"):
            # The nearest before the place: those further up say which task failed.
            reasons = REASON.findall(text[: place.start()])
            return SqlFailed(contract.name, name, sql, reasons[-1] if reasons else "Spark says no more")
    return None


def _named(contract: Contract) -> Iterator[tuple[str, str]]:
    for place, step in enumerate(contract.cleanse):
        yield from ((f"cleanse.{place}.set.{name}", sql) for name, sql in (step.set or {}).items())
    yield from ((check.name, check.sql) for check in contract.row_checks)
    yield from ((check.name, check.table) for check in contract.table_checks)
