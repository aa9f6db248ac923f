"""Arrays with a place for each sensor, which grow with the sensors and are kept as bytes."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidemill.errors import RunFailed

Array = np.ndarray[Any, Any]
MAGIC = b"tidemill-watch"
VERSION = 1


class UnknownState(RunFailed):
    """Bytes that are no state of this version."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the kept state of the alert rules is {found}, expected version {VERSION}. Begin without a state: "
            "stream.py --restart. What is usual is learned again from silver."
        )


class SensorColumns:
    """Named arrays whose first axis is the sensors.

    Args:
        fills: name -> the array of one sensor that is not known yet.
    """

    def __init__(self, **fills: Any) -> None:
        self.fills = {name: np.asarray(fill) for name, fill in fills.items()}
        self._sensors = 0
        self._arrays: dict[str, Array] = {
            name: np.empty((0, *fill.shape), fill.dtype) for name, fill in self.fills.items()
        }

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name][: self._sensors]

    def __len__(self) -> int:
        return self._sensors

    def grow(self, sensors: int) -> None:
        """Have a place for so many sensors."""
        for name, fill in self.fills.items():
            array = self._arrays[name]
            if len(array) < sensors:
                room = max(sensors, 2 * len(array)) - len(array)
                self._arrays[name] = np.concatenate([array, np.broadcast_to(fill, (room, *fill.shape))])
        self._sensors = max(self._sensors, sensors)

    def kept(self) -> dict[str, Array]:
        """The arrays, to be kept."""
        return {name: self[name] for name in self.fills}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take arrays that were kept."""
        for name, fill in self.fills.items():
            array = arrays[name]
            if array.shape[1:] != fill.shape or array.dtype != fill.dtype:
                raise UnknownState(f"of another shape ({name})")
            self._arrays[name] = array.copy()
            self._sensors = len(array)


def to_bytes(told: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """What is told as JSON, and the arrays; the same content gives the same bytes."""
    shapes = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    head = json.dumps({"told": told, "arrays": shapes}, separators=(",", ":"), sort_keys=True).encode()
    body = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays.values())
    return MAGIC + bytes([VERSION]) + len(head).to_bytes(8, "little") + head + body


def from_bytes(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """What `to_bytes` was given.

    Raises:
        UnknownState: the bytes are of another version, or cut off.
    """
    start = len(MAGIC) + 1
    if data[: len(MAGIC)] != MAGIC:
        raise UnknownState("no state at all")
    if data[len(MAGIC)] != VERSION:
        raise UnknownState(f"of version {data[len(MAGIC)]}")
    length = int.from_bytes(data[start : start + 8], "little")
    try:
        head = json.loads(data[start + 8 : start + 8 + length])
        arrays, at = {}, start + 8 + length
        for name, dtype, shape in head["arrays"]:
            count = int(np.prod(shape))
            arrays[name] = np.frombuffer(data, np.dtype(dtype), count, at).reshape(shape)
            at += arrays[name].nbytes
    except (ValueError, KeyError) as error:
        raise UnknownState("cut off") from error
    return head["told"], arrays
