"""Checks beyond those on columns: of a row, of a row against others, or of all rows that a delivery brings."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from tidemill.config import Frozen

OnFail = Literal["quarantine", "warn", "fail"]
TableOnFail = Literal["warn", "fail"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Reference = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[A-Za-z][A-Za-z0-9_]*$")]
"""Another dataset's column, as in customers.customer_id."""
Span = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5} (second|minute|hour|day|week)s?$")]
"""A length of time, as in `2 days`."""


class RowCheck(Frozen):
    """A condition on one row in SQL; as in SQL CHECK, only false fails."""

    name: Name
    sql: str
    on_fail: OnFail = "quarantine"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names; those in its SQL are Spark's to find."""
        return ()


class UniqueCheck(Frozen):
    """No two rows have the same values in these columns; as in SQL, null equals nothing."""

    name: Name
    unique: tuple[str, ...] = Field(min_length=1)
    on_fail: OnFail = "quarantine"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return self.unique


class ReferenceCheck(Frozen):
    """The column's value is one of another dataset's column in silver; null passes."""

    name: Name
    references: Reference
    column: str
    on_fail: OnFail = "quarantine"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return (self.column,)


class TableCheck(Frozen):
    """A condition on all accepted rows of a delivery, in SQL with aggregates; no single row can be blamed for it."""

    name: Name
    table: str
    on_fail: TableOnFail = "fail"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names; those in its SQL are Spark's to find."""
        return ()


class Bounds(Frozen):
    """How many rows there may be."""

    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is more than max {self.max}")
        return self


class RowCountCheck(Frozen):
    """How many rows of a delivery are accepted."""

    name: Name
    row_count: Bounds
    on_fail: TableOnFail = "fail"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return ()

    @property
    def table(self) -> str:
        """The condition in SQL."""
        low, high = self.row_count.min, self.row_count.max
        bounds = [f"count(*) >= {low}" if low is not None else "", f"count(*) <= {high}" if high is not None else ""]
        return " and ".join(filter(None, bounds))


class Share(Frozen):
    """The largest share of a column's rows that may be without a value, 0 to 1."""

    column: str
    max: float = Field(ge=0, le=1)


class NullShareCheck(Frozen):
    """How many of a delivery's accepted rows may lack a value; no rows, no share."""

    name: Name
    null_share: Share
    on_fail: TableOnFail = "fail"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return (self.null_share.column,)

    @property
    def table(self) -> str:
        """The condition in SQL."""
        # In decimals: 5 of 100 are not more than 0.05, whatever the binary fractions say.
        return f"count_if(`{self.null_share.column}` is null) <= {self.null_share.max:.9f}BD * count(*)"


class Newest(Frozen):
    """How old a column's newest value may be when a delivery arrives."""

    column: str
    within: Span


class FreshnessCheck(Frozen):
    """How old the newest of a delivery's accepted rows may be; a delivery of rows without a value is not fresh."""

    name: Name
    freshness: Newest
    on_fail: TableOnFail = "fail"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return (self.freshness.column,)

    @property
    def table(self) -> str:
        """The condition in SQL; a date is compared with the day that lies so far back."""
        newest, since = f"max(`{self.freshness.column}`)", f"max(_ingested_at) - interval {self.freshness.within}"
        fresh = f"if(typeof({newest}) = 'date', {newest} >= to_date({since}), {newest} >= {since})"
        return f"count(*) = 0 or coalesce({fresh}, false)"


AnyTableCheck = TableCheck | RowCountCheck | NullShareCheck | FreshnessCheck
TABLE = (TableCheck, RowCountCheck, NullShareCheck, FreshnessCheck)
_KINDS = {
    "unique": UniqueCheck,
    "references": ReferenceCheck,
    "table": TableCheck,
    "row_count": RowCountCheck,
    "null_share": NullShareCheck,
    "freshness": FreshnessCheck,
}


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return next((model.__name__ for key, model in _KINDS.items() if key in value), "RowCheck")
    return type(value).__name__


Check = Annotated[
    Annotated[RowCheck, Tag("RowCheck")]
    | Annotated[UniqueCheck, Tag("UniqueCheck")]
    | Annotated[ReferenceCheck, Tag("ReferenceCheck")]
    | Annotated[TableCheck, Tag("TableCheck")]
    | Annotated[RowCountCheck, Tag("RowCountCheck")]
    | Annotated[NullShareCheck, Tag("NullShareCheck")]
    | Annotated[FreshnessCheck, Tag("FreshnessCheck")],
    Discriminator(_kind),
]
