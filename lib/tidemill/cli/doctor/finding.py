"""What a check of the doctor found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        about: what was looked at.
        found: what is there.
        remedy: what to do about it; None where all is well.
    """

    about: str
    found: str
    remedy: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing needs to be done."""
        return self.remedy is None
