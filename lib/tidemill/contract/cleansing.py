"""The steps of `cleanse`: each a mapping with one key, the step's name, over all columns or those it lists."""

from typing import Literal

from pydantic import model_validator

from tidemill.config import Frozen

Columns = Literal["all"] | tuple[str, ...]


class CleanseStep(Frozen):
    """One step; exactly one of its keys is given."""

    trim: Columns | None = None
    empty_to_null: Columns | None = None
    lower: Columns | None = None
    upper: Columns | None = None
    replace: dict[str, dict[str, str]] | None = None
    fill: dict[str, str] | None = None

    @model_validator(mode="after")
    def _one_key(self) -> "CleanseStep":
        given = self.model_dump(exclude_none=True)
        if len(given) != 1:
            raise ValueError(f"a cleansing step has one key, this one has {len(given)}: {', '.join(given) or 'none'}")
        return self

    def columns(self) -> tuple[str, ...]:
        """The columns named; none for `all`."""
        (given,) = self.model_dump(exclude_none=True).values()
        return () if given == "all" else tuple(given)
