import threading
from io import StringIO

import pytest
from rich.console import Console
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from tidemill.session import progress
from tidemill.session.progress import Tasks, running_tasks


def watchers():
    return [thread for thread in threading.enumerate() if thread.name == "progress"]


def work(spark):
    spark.range(0, 300_000, 1, 12).selectExpr("sum(hash(id)) as sum").first()


def until(seen, spark):
    for _ in range(100):
        work(spark)
        if seen():
            return
    pytest.fail("nothing was shown")


def test_on_a_terminal_the_tasks_of_the_part_under_way_are_shown_and_wiped_at_the_end(spark):
    screen = StringIO()

    with progress(spark, "bronze", Console(file=screen, force_terminal=True, width=80), every=0.01) as part:
        until(lambda: "bronze " in screen.getvalue() and "/12 tasks" in screen.getvalue(), spark)
        part("silver [x]")
        until(lambda: "silver [x] " in screen.getvalue(), spark)

    assert screen.getvalue().endswith("\x1b[2K")
    assert watchers() == []


def test_elsewhere_a_line_of_the_log_tells_it_with_the_run(spark):
    quiet = Console(file=StringIO())
    with capture_logs() as logs, bound_contextvars(run_id="r1"), progress(spark, "bronze", quiet, every=0.01):
        until(lambda: any(log["tasks"] for log in logs), spark)

    told = next(log for log in logs if log["tasks"])
    assert (told["event"], told["log_level"], told["part"]) == ("progress", "info", "bronze")
    assert 0 <= told["tasks_done"] <= told["tasks"]


def test_where_nobody_reads_it_no_thread_is_started(spark):
    import structlog

    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    try:
        with progress(spark, "bronze", Console(file=StringIO())):
            assert watchers() == []
    finally:
        structlog.configure(**before)


def test_its_thread_ends_with_a_block_that_fails(spark):
    with pytest.raises(ValueError, match="bad"), progress(spark, "bronze", Console(file=StringIO()), every=30):
        assert len(watchers()) == 1
        raise ValueError("bad")

    assert watchers() == []


def test_a_showing_that_fails_leaves_the_work_alone(spark):
    class Broken(StringIO):
        def write(self, text):
            raise OSError("gone")

    with progress(spark, "bronze", Console(file=Broken(), force_terminal=True), every=0.01):
        work(spark)

    assert watchers() == []


def test_nothing_runs_where_no_job_does(spark):
    assert running_tasks(spark) == Tasks(0, 0)
