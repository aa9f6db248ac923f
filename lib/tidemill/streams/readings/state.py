"""What a stream knows of its sensors between two micro-batches: how far each one has come, and what watches it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidemill.errors import RunFailed

FORMAT = 1


class UnknownState(RunFailed):
    """A state that another version of tidemill wrote."""

    def __init__(self, found: object) -> None:
        super().__init__(
            f"the stream's state has format {found}, and this version reads {FORMAT}. Go on with the version that "
            "wrote it, or begin a new checkpoint: stream.py --restart."
        )


@dataclass
class ReadingState:
    """The state after a micro-batch.

    All times are in microseconds since 1970 UTC.

    Attributes:
        newest: by sensor, the event time of its newest reading that silver has; sensors of which nothing came for
            longer than the horizon are left out.
        watermark: the newest event time of all sensors, but none after its arrival: one clock that runs ahead does not
            make everybody else's readings late. None before the first reading.
        whole: whether `newest` has every sensor that silver has, and silver is asked about readings of any age: so
            after the source was begun anew.
        watcher: of the rules that watch the readings, as they keep it; empty where none do.
        silver: the version of silver that `newest` tells of; None where there is none, or it is not known.
    """

    newest: dict[str, int] = field(default_factory=dict)
    watermark: int | None = None
    whole: bool = False
    watcher: bytes = b""
    silver: int | None = None

    def reached(self, sensors: Mapping[str, int], arrival: int, horizon: int) -> "ReadingState":
        """The state after readings up to these event times, which arrived at `arrival`."""
        newest = dict(self.newest)
        for sensor, at in sensors.items():
            newest[sensor] = max(at, newest.get(sensor, at))
        times = [min(at, arrival) for at in sensors.values()]
        watermark = max([*times, *([] if self.watermark is None else [self.watermark])], default=None)
        oldest = None if watermark is None or self.whole else watermark - horizon
        kept = {sensor: at for sensor, at in newest.items() if oldest is None or at >= oldest}
        return replace(self, newest=kept, watermark=watermark)

    def newest_of(self, sensors: list[str]) -> NDArray[Any]:
        """Event time of each sensor's newest reading, int64; the least there is for one that is not known."""
        least = np.iinfo(np.int64).min
        return np.array([self.newest.get(sensor, least) for sensor in sensors], np.int64)

    def to_bytes(self) -> bytes:
        """The state for a file."""
        sensors = pa.record_batch(
            [pa.array(list(self.newest), pa.string()), pa.array(list(self.newest.values()), pa.int64())],
            names=["sensor", "newest"],
        )
        facts = {"format": FORMAT, "watermark": self.watermark, "whole": self.whole, "silver": self.silver}
        told = {**{name: json.dumps(fact) for name, fact in facts.items()}, "watcher": self.watcher}
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, sensors.schema.with_metadata(told)) as writer:
            writer.write_batch(sensors.replace_schema_metadata(told))
        return bytes(sink.getvalue())

    @classmethod
    def from_bytes(cls, stored: bytes) -> "ReadingState":
        """The state in a file.

        Raises:
            UnknownState: another version wrote it.
        """
        with pa.ipc.open_stream(stored) as reader:
            told = reader.schema.metadata or {}
            if told.get(b"format") != json.dumps(FORMAT).encode():
                raise UnknownState(told.get(b"format", b"none").decode(errors="replace"))
            table = reader.read_all()
        newest = dict(zip(table["sensor"].to_pylist(), table["newest"].to_pylist(), strict=True))
        watermark, whole = json.loads(told[b"watermark"]), json.loads(told[b"whole"])
        # Earlier versions of this format did not tell it.
        return cls(newest, watermark, whole, told[b"watcher"], json.loads(told.get(b"silver", b"null")))
