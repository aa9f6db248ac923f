import pytest
from structlog.testing import capture_logs

from tidemill.errors import RequestWrong, RunFailed
from tidemill.session import repeated, retrying

CONFLICT = "[DELTA_CONCURRENT_APPEND] ConcurrentAppendException: Files were added by a concurrent update.\n\tat x"
BROKEN = "org.postgresql.util.PSQLException: FATAL: terminating connection due to administrator command"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(retrying, "LONGEST_WAIT_SECONDS", 0.01)


class Step:
    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def test_a_transient_failure_is_followed_by_another_attempt_that_is_told_in_a_line():
    step = Step(RuntimeError(CONFLICT), RuntimeError(BROKEN))

    with capture_logs() as told:
        assert repeated(step, "/home") == "done"

    assert step.times == 3
    assert [(line["event"], line["attempt"], line["log_level"]) for line in told] == [
        ("trying_again", 2, "warning"),
        ("trying_again", 3, "warning"),
    ]
    assert told[0]["reason"].startswith("another writer changed the table at the same time")
    assert told[1]["reason"].startswith("the database failed while it was read")
    assert not any("\n" in line["reason"] for line in told)


@pytest.mark.parametrize(
    "error",
    [
        RequestWrong("a key is unknown"),
        RunFailed("a check failed"),
        RuntimeError("java.io.IOException: No space left on device"),
        RuntimeError("org.postgresql.util.PSQLException: ERROR: division by zero"),
        ValueError("something else"),
    ],
)
def test_a_lasting_failure_is_not_tried_again(error):
    step = Step(error)

    with capture_logs() as told, pytest.raises(type(error)):
        repeated(step, "/home")

    assert (step.times, told) == (1, [])


def test_a_failure_that_does_not_end_is_raised_after_the_last_attempt():
    step = Step(*[RuntimeError(CONFLICT)] * 10)

    with pytest.raises(RuntimeError, match="ConcurrentAppendException"):
        repeated(step, "/home")
    assert step.times == retrying.ATTEMPTS
