import subprocess
import sys
import threading

import pytest

from tests.waiting import until
from tidemill.models.images.feeding.ahead import read_ahead


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "tidemill-ahead"]


def test_what_is_made_comes_in_order_and_the_thread_ends():
    assert list(read_ahead(lambda: (one for one in range(50)), depth=3)) == list(range(50))
    assert not threads()


def test_at_most_so_many_wait_to_be_taken():
    made = []

    def numbers():
        for one in range(20):
            made.append(one)
            yield one

    taken = read_ahead(numbers, depth=3)
    assert next(taken) == 0

    # One was taken, three wait, and one more is made and has no room.
    until(lambda: len(made) == 5)
    threading.Event().wait(0.05)
    assert len(made) == 5
    taken.close()


def test_an_error_is_raised_where_the_failed_one_would_have_been():
    def numbers():
        yield 1
        raise ValueError("the second")

    taken = read_ahead(numbers, depth=3)

    assert next(taken) == 1
    with pytest.raises(ValueError, match="the second"):
        next(taken)
    assert not threads()


@pytest.mark.parametrize("left", ["closed", "broken off", "failed"])
def test_a_loop_that_is_left_ends_the_thread_and_closes_what_it_ran(left):
    closed = []

    def numbers():
        try:
            yield from range(1000)
        finally:
            closed.append(threading.current_thread().name)

    def loop():
        taken = read_ahead(numbers, depth=2)
        for one in taken:
            if one == 5 and left == "failed":
                raise ZeroDivisionError
            if one == 5 and left == "broken off":
                break
            if one == 5:
                taken.close()

    if left == "failed":
        with pytest.raises(ZeroDivisionError) as error:
            loop()
        # The frame that failed holds its loop until the error is let go.
        error.value.__traceback__ = None
        del error
    else:
        loop()

    assert closed == ["tidemill-ahead"]
    assert not threads()


def test_a_loop_that_is_collected_as_garbage_in_its_own_thread_ends_it():
    held = []

    def numbers():
        yield 1
        begun.wait()
        held.pop().close()
        yield 2

    begun = threading.Event()
    taken = read_ahead(numbers, depth=1)
    assert next(taken) == 1
    held.append(taken)
    del taken

    begun.set()

    until(lambda: not threads())


def test_a_process_that_ends_in_the_middle_ends_cleanly():
    code = (
        "from tidemill.models.images.feeding.ahead import read_ahead\n"
        "def numbers():\n"
        "    try:\n"
        "        while True: yield 1\n"
        "    finally: print('closed')\n"
        "taken = read_ahead(numbers, 2); next(taken)\n"
        "raise SystemExit(7)\n"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "closed\n", "")
