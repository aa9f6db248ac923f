"""What a stream's readings are: whose, of what, in which unit, and how long late ones are waited for."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from tidemill.config import Frozen
from tidemill.contract.checks import Span
from tidemill.contract.units import conversion
from tidemill.errors import suggestion

WindowLength = Annotated[str, Field(pattern=r"^(1|5|10|15|30) minutes?$|^(1|2|3|4|6|8|12) hours?$|^1 day$")]
"""The length of a window, as in `1 minute`; one that a day is a multiple of."""


def span(text: str) -> timedelta:
    """A length of time as in `2 days`."""
    number, unit = text.split()
    return timedelta(**{f"{unit.removesuffix('s')}s": int(number)})


class Calibration(Frozen):
    """A table that says how far off each sensor is: corrected = value x factor + offset.

    Attributes:
        table: LAYER.TABLE, with the entity's columns or `sensor` (the entity's values with / between).
        offset: its column that is added, in the unit that is delivered.
        factor: its column that is multiplied with.
        since: its column from which on a row holds; none: a row holds for ever.
    """

    table: str = Field(pattern=r"^(silver|gold)\.[a-z][a-z0-9_]*$")
    offset: str = "offset"
    factor: str | None = None
    since: str | None = None


class Stream(Frozen):
    """The readings of a stream dataset.

    Attributes:
        entity: the columns that say which sensor a reading is of.
        value: the column with what was measured; a number.
        unit: what it is measured in: one for all, or one for each value of the entity's last column.
        convert: unit -> the unit that windows have; see `tidemill.contract.units`.
        unpivot: delivered names whose values are readings of their own: the name goes to the entity's last column, the
            value to the value's.
        message_id: a column that no two messages share; it tells readings of one sensor and event time apart.
        horizon: how long after its event time a reading that comes again is known.
        grace: how long after its end a window takes readings that do not count as late.
        windows: the lengths of the windows.
        calibration: how far off each sensor is.
    """

    entity: tuple[str, ...] = Field(min_length=1)
    value: str
    unit: str | dict[str, str] | None = None
    convert: dict[str, str] = Field(default_factory=dict)
    unpivot: tuple[str, ...] = ()
    message_id: str | None = None
    horizon: Span = "2 days"
    grace: Span = "1 minute"
    windows: tuple[WindowLength, ...] = ("1 minute", "1 hour", "1 day")
    calibration: Calibration | None = None

    @model_validator(mode="after")
    def _distinct(self) -> "Stream":
        # 1 minute and 1 minutes are one length, and would be one table.
        lengths = [window.removesuffix("s") for window in self.windows]
        for what, given in (("entity", self.entity), ("unpivot", self.unpivot), ("windows", lengths)):
            if len(set(given)) != len(given):
                raise ValueError(f"{what}: each may stand once")
        if self.value in self.entity:
            raise ValueError(f"value: '{self.value}' is a column of the entity; a reading's value is its own column")
        self._require_conversions()
        return self

    def _require_conversions(self) -> None:
        units = set(self.unit.values()) if isinstance(self.unit, dict) else {self.unit} - {None}
        for given, wanted in self.convert.items():
            if given not in units:
                raise ValueError(f"convert: no reading is in '{given}'. {suggestion(given, sorted(map(str, units)))}")
            try:
                conversion(given, wanted)
            except ValueError as error:
                raise ValueError(f"convert: {error}") from None

    @property
    def columns(self) -> tuple[str, ...]:
        """The contract's columns that it names."""
        return (*self.entity, self.value, *((self.message_id,) if self.message_id else ()))

    @property
    def identity_but_time(self) -> tuple[str, ...]:
        """What tells two readings apart, beside the event time."""
        return (*self.entity, *((self.message_id,) if self.message_id else ()))

    def window_unit(self, last: str) -> str | None:
        """The unit of the windows of the sensors whose entity ends with this; None where no unit is known."""
        unit = self.unit.get(last) if isinstance(self.unit, dict) else self.unit
        return self.convert.get(unit, unit) if unit is not None else None


def window_table(dataset: str, window: str) -> str:
    """The gold table of a dataset's windows of one length, as in `gold.site_readings_1_minute`."""
    return f"gold.{dataset}_{window.removesuffix('s').replace(' ', '_')}"
