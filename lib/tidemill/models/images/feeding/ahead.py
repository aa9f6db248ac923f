"""Make what comes next while the present is worked on, in a thread that ends with its reader."""

import atexit
from collections.abc import Callable, Generator
from queue import Empty, Queue
from threading import Event, Thread, current_thread
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class _Ended:
    """The last thing in the queue: why there is no more."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Ahead(Generic[T]):
    """A thread that fills a bounded queue."""

    def __init__(self, make: Callable[[], Generator[T, None, None]], depth: int) -> None:
        self._make = make
        self._stop = Event()
        self.made: Queue[T | _Ended] = Queue(depth)
        self._thread = Thread(target=self._run, name="tidemill-ahead", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        error = None
        try:
            made = self._make()
            try:
                for one in made:
                    if not self._stop.is_set():
                        self.made.put(one)
                    if self._stop.is_set():
                        return
            finally:
                made.close()
        except BaseException as raised:
            error = raised
        if not self._stop.is_set():
            self.made.put(_Ended(error))

    def end(self) -> None:
        """Stop after what is being made now, and wait for that."""
        self._stop.set()
        if self._thread is current_thread():
            # The collector of garbage runs in any thread.
            return
        while self._thread.is_alive():
            try:
                # Room for the one that the thread may be waiting to put.
                self.made.get(timeout=0.01)
            except Empty:
                continue
        self._thread.join()


# In the order of their start, so that one that asks another ends before it.
_running: dict[int, _Ahead[Any]] = {}


@atexit.register
def _end_all() -> None:
    """Threads that outlive the interpreter end the process with an abort."""
    for ahead in list(_running.values()):
        ahead.end()


def read_ahead(make: Callable[[], Generator[T, None, None]], depth: int) -> Generator[T, None, None]:
    """What a generator yields, made in a thread that stays at most `depth` of them ahead.

    The thread ends when the last is made, when one fails, and when this generator is closed: by a loop that is left, or
    at the latest when the process ends. An error is raised where the failed one would have been.

    Args:
        make: the generator; it is run and closed in the thread.
        depth: how many wait to be taken at most.
    """
    ahead = _Ahead(make, depth)
    _running[id(ahead)] = ahead
    try:
        while not isinstance(one := ahead.made.get(), _Ended):
            yield one
        if one.error is not None:
            raise one.error
    finally:
        ahead.end()
        _running.pop(id(ahead), None)
