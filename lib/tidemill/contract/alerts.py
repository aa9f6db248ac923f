"""When people are told of a dataset: its pass rate is too low, or its source has brought nothing for too long."""

from datetime import timedelta

from pydantic import Field

from tidemill.config import Frozen


class Alerts(Frozen):
    """The limits of a dataset; a key that is not given sets none. A run that fails is told of without any."""

    pass_rate: float | None = Field(default=None, ge=0, le=1)
    fresh_within: str | None = Field(default=None, pattern=r"^[1-9][0-9]* (minute|hour|day)s?$")

    @property
    def freshness(self) -> timedelta | None:
        """How long ago a committed run must have brought rows, at most."""
        if self.fresh_within is None:
            return None
        number, unit = self.fresh_within.split()
        return timedelta(**{f"{unit.removesuffix('s')}s": int(number)})
