"""Checks beyond those on columns: of a row, or of all rows that a delivery brings."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from tidemill.config import Frozen
from tidemill.contract.columns import OnFail

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class RowCheck(Frozen):
    """A condition on one row in SQL; as in SQL CHECK, only false fails."""

    name: Name
    sql: str
    on_fail: OnFail = "quarantine"


class TableCheck(Frozen):
    """A condition on all accepted rows of a delivery, in SQL with aggregates; no single row can be blamed for it."""

    name: Name
    table: str
    on_fail: Literal["warn", "fail"] = "fail"


def _kind(value: object) -> str:
    return "table" if (isinstance(value, dict) and "table" in value) or isinstance(value, TableCheck) else "row"


Check = Annotated[Annotated[RowCheck, Tag("row")] | Annotated[TableCheck, Tag("table")], Discriminator(_kind)]
