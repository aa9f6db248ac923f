"""Which columns of a gold table a model sees, and how."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen
from tidemill.errors import RequestWrong, nearest

ColumnName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]


class FeatureSettings(Frozen):
    """The columns that become features.

    Attributes:
        numeric: numbers and booleans, taken as they are; what is missing becomes the training rows' median.
        log1p: numbers, taken as ln(1 + x); a column may stand in `numeric` as well.
        categorical: one-hot encoded; what is missing is a level of its own, called missing.
        rare_below: a level with a smaller share of the training rows counts as unseen: none of its column's levels.
    """

    numeric: tuple[ColumnName, ...] = ()
    log1p: tuple[ColumnName, ...] = ()
    categorical: tuple[ColumnName, ...] = ()
    rare_below: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _makes_a_vector(self) -> Self:
        if not self.numeric and not self.log1p:
            raise ValueError("name at least one column under numeric or log1p")
        for kind in ("numeric", "log1p", "categorical"):
            named = getattr(self, kind)
            twice = sorted({column for column in named if named.count(column) > 1})
            if twice:
                raise ValueError(f"{kind} names '{twice[0]}' twice")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        return tuple(dict.fromkeys((*self.numeric, *self.log1p, *self.categorical)))


class MissingColumns(RequestWrong):
    """A model reads columns that its gold table does not have."""

    def __init__(self, table: str, missing: Sequence[str], present: Sequence[str]) -> None:
        hint = nearest(missing[0], present) or "No other is like it."
        others = f" (nor {', '.join(missing[1:])})" if missing[1:] else ""
        super().__init__(
            f"{table} has no column '{missing[0]}'{others}, which the model reads. {hint} Build the table again "
            f"(jobs/build_gold.py --table {table.removeprefix('gold.')}), or mend the model's file in conf/models/ and "
            "train again."
        )


def require_columns(table: str, present: Sequence[str], needed: Iterable[str]) -> None:
    """Check that a table has what a model reads.

    Raises:
        MissingColumns: it lacks some of it.
    """
    missing = [column for column in needed if column not in present]
    if missing:
        raise MissingColumns(table, missing, present)
