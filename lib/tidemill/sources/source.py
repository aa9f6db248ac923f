"""What every kind of source can do: say what waits, and give its records, the same ones however often it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pyspark.sql import DataFrame

from tidemill.lake import Mark

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Slice:
    """What one run takes of a source.

    Attributes:
        range: JSON from which the very same records can be read again: offsets, bounds of a watermark, spooled pages.
        progress: JSON from which the next slice goes on, once a run has committed this one.
        replaced: sources (`_source`) that are delivered anew; their earlier rows give way.
        size: bytes, where they are known before they are read.
        notes: how what is delivered differs from the contract and from the last delivery, for a person.
        unlisted: whether only its records tell which columns are delivered.
        lacks: why the slice may go to bronze and no further, for a person; empty where nothing is amiss.
    """

    range: Json
    progress: Json
    replaced: tuple[str, ...] = ()
    size: int = 0
    lacks: str = ""
    notes: tuple[str, ...] = ()
    unlisted: bool = False


class Source(Protocol):
    """A contract's source, opened; one class for each `source.kind`."""

    def waiting(self, progress: Json | None) -> Slice | None:
        """What no run has taken yet.

        Args:
            progress: of the last slice that a run committed; None to begin at the source's beginning.

        Returns:
            The next slice, None where nothing waits.

        Raises:
            RunFailed: the source cannot be reached or does not answer as it should; nothing was taken.
        """

    def rows(self, taken: Slice) -> DataFrame:
        """The records of a slice in the layout of `formats.delivered`: bronze's columns without the run's."""

    def record(self, taken: Slice, mark: Mark) -> None:
        """Remember what a run took, before it commits; for sources whose progress is too large for the ledger."""
        return

    def release(self, taken: Slice) -> None:
        """Let go of what was kept for a slice that a run has committed, such as spooled pages; nothing for most."""
        return
