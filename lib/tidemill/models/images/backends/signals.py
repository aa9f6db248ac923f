"""What a launcher of ranks does to this process's signals is undone, and what arrived meanwhile is handed on."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TAKEN_OVER = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextmanager
def lent_signals() -> Iterator[None]:
    """Let a launcher handle the signals that end a process; afterwards all is as it was.

    Horovod and torch take them over to stop their ranks first, never give them back, and make a failure of the ranks
    of the user's wish to stop. A signal that came while they had them is sent again, to the handler that was there
    before: Ctrl-C is a KeyboardInterrupt, SIGTERM ends the process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python lets no other thread take a signal over.
        return
    before = {number: signal.getsignal(number) for number in TAKEN_OVER}
    arrived, bell = os.pipe2(os.O_NONBLOCK)
    rung_before = signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    numbers = b""
    try:
        yield
    finally:
        signal.set_wakeup_fd(rung_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        with suppress(BlockingIOError):
            numbers = os.read(arrived, 1024)
        os.close(arrived)
        os.close(bell)
        for number in before:
            if number in numbers:
                signal.raise_signal(number)
