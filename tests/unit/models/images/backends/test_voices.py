import json
import sys
import threading

import pytest
import structlog

from tests.waiting import until
from tidemill.errors import RequestWrong
from tidemill.models.images.backends import RankFailed
from tidemill.models.images.backends.voices import Address, Voice, hearing, log_what_is_wrong


def test_a_line_of_a_rank_is_told_and_other_output_is_kept_from_the_terminal(capsys):
    told = []

    with hearing(told.append, None) as heard:
        print("noise of a launcher")
        Voice(heard.address).say(tell="epoch 1")
        assert until(lambda: told)

    assert told == ["epoch 1"]
    assert list(heard.output.lines) == ["noise of a launcher"]
    assert capsys.readouterr().out == ""


def test_what_is_told_reaches_the_terminal_meanwhile(capsys):
    done = threading.Event()

    def tell(line):
        print(line, file=sys.stderr)
        done.set()

    with hearing(tell, None) as heard:
        Voice(heard.address).say(tell="epoch 1")
        assert done.wait(5)

    assert capsys.readouterr().err == "epoch 1\n"


def test_an_error_of_ours_is_the_failure_and_the_first_one_counts():
    with hearing(print, None) as heard:
        for number in (1, 2):
            voice = Voice(heard.address)
            with pytest.raises(RequestWrong), voice.complaining():
                raise RequestWrong(f"error {number}")
            until(lambda: heard.ear._error is not None)
        failure = heard.ear.failure("torch", "exit status 1")

    assert (type(failure), str(failure)) == (RequestWrong, "error 1")


def test_without_one_the_launchers_words_are_the_failure():
    with hearing(print, None) as heard:
        failure = heard.ear.failure("torch", "Signal 9\n received")

    assert isinstance(failure, RankFailed)
    assert "(torch: Signal 9 received)" in str(failure)


def test_a_stranger_is_not_heard():
    told = []

    with hearing(told.append, None) as heard:
        Voice(Address(*heard.address[:2], "guessed")).say(tell="lies")
        Voice(heard.address).say(tell="truth")
        assert until(lambda: told)

    assert told == ["truth"]


def test_a_rank_that_nobody_hears_goes_on():
    with hearing(print, None) as heard:
        address = heard.address

    voice = Voice(address)
    voice.say(tell="is anybody there?")
    voice.say(tell="nobody")


def test_a_rank_logs_what_is_wrong_alone(capsys):
    structlog.reset_defaults()
    log_what_is_wrong()

    structlog.get_logger().info("features_computed")
    structlog.get_logger().warning("checkpoint_passed_over")

    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["checkpoint_passed_over"]
