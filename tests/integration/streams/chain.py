"""A bridge and a stream of one dataset, at work side by side as on a machine that collects."""

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.waiting import rows_in, until
from tidemill.contract import Contract
from tidemill.lake import Lake
from tidemill.sources.mqtt import run_bridge
from tidemill.streams import stream_readings


class Chain:
    """From the broker that the contract names to the lake."""

    def __init__(self, lake: Lake, contract: Contract, folder: Path) -> None:
        self.lake, self.contract = lake, contract
        self._spool, self._checkpoint = str(folder / "spool"), str(folder / "checkpoint")
        self._stopping, self._threads, self.errors = Event(), list[Thread](), list[Exception]()

    def __enter__(self) -> "Chain":
        subscribed = Event()
        self._begin(lambda: run_bridge(self.contract, self._spool, self._stopping, subscribed.set))
        until(lambda: subscribed.is_set() or self.errors)
        self._begin(self._stream)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(120)

    def _stream(self) -> None:
        stream_readings(self.lake, self.contract, self._checkpoint, self._spool, False, self._stopping)

    def _begin(self, work: Callable[[], Any]) -> None:
        def told() -> None:
            try:
                work()
            except Exception as error:
                self.errors.append(error)

        self._threads.append(Thread(target=told))
        self._threads[-1].start()

    def await_rows(self, layer: str, count: int, seconds: float = 180.0) -> None:
        """Wait until a table of the dataset has so many rows; counted without Spark."""
        until(lambda: self.errors or self.rows(layer) >= count, seconds, f"{layer} did not get {count} rows in time")
        assert not self.errors, self.errors

    def rows(self, layer: str) -> int:
        return rows_in(Path(self.lake.root) / layer / self.contract.name)
