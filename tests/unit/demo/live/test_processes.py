"""The demo's children: what they write is kept, and none of them outlives the block that it is for."""

import os
import signal
import sys

import pytest

from tidemill.config import load_config
from tidemill.demo.live.arrivals import await_until
from tidemill.demo.live.processes import Child, ProcessEnded
from tidemill.demo.runner import SubmitMissing

READY = "import signal, sys, time; print('ready', file=sys.stderr, flush=True); "
ENDS_WELL = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); " + READY + "time.sleep(600)"


@pytest.fixture
def child(tmp_path):
    def of(code: str) -> Child:
        config = load_config(home=str(tmp_path / "home"))
        return Child("stream", [sys.executable, "-c", code], config, tmp_path / "logs")

    return of


def is_there(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def pid(child: Child) -> int:
    return child._process.pid


def test_a_process_that_ends_when_it_is_told_to_has_done_well(child):
    with child(ENDS_WELL) as running:
        assert await_until(lambda: running.has_logged("ready"), running.require)
        running.end()


def test_a_process_that_is_there_no_more_is_told_with_its_own_last_line_and_its_log(child):
    code = "import sys; print('stream: no such broker.\\nnoise', file=sys.stderr); sys.exit(3)"

    with child(code) as ended, pytest.raises(ProcessEnded, match=r"exit status 3: stream: no such broker\. Its log: "):
        await_until(lambda: False, ended.require)


def test_a_process_that_ends_badly_when_it_is_told_to_fails_the_demo(child):
    with child(READY + "time.sleep(600)") as running:
        assert await_until(lambda: running.has_logged("ready"), running.require)
        with pytest.raises(ProcessEnded, match=f"exit status {-signal.SIGTERM}"):
            running.end()


def test_a_command_that_is_not_there_is_told_with_the_next_step(tmp_path):
    nothing = Child("bridge", [str(tmp_path / "tidemill")], load_config(home=str(tmp_path)), tmp_path / "logs")

    with pytest.raises(SubmitMissing, match=r"tidemill is not there.* make setup"), nothing:
        pass


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ProcessEnded("stream", 1, "ended.", "log")])
def test_a_process_ends_with_its_block_whatever_ends_that(child, failure):
    running = child(READY + "time.sleep(600)")

    with pytest.raises((KeyboardInterrupt, ProcessEnded)), running:
        assert await_until(lambda: running.has_logged("ready"), running.require)
        number = pid(running)
        raise failure

    assert not is_there(number)
