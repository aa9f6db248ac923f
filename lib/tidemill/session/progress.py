"""Show a person who waits which part of a run is being worked on, and leave a line in the log for one who does not."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from threading import Event
from typing import NamedTuple

import structlog
from pyspark import InheritableThread
from pyspark.sql import SparkSession
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

SHOWN_EVERY = 0.5
LOGGED_EVERY = 30.0


class Tasks(NamedTuple):
    """Tasks of the stages that Spark is working on."""

    done: int
    all: int


Show = Callable[[str, Tasks], None]


class _Label:
    """What is being worked on: set by the job's thread, read by the one that shows it."""

    def __init__(self, label: str) -> None:
        self.now = label

    def __call__(self, label: str) -> None:
        self.now = label


@contextmanager
def progress(
    spark: SparkSession, label: str, console: Console | None = None, every: float | None = None
) -> Iterator[Callable[[str], None]]:
    """Show the tasks of Spark's running stages while the block runs.

    On a terminal it is one moving line on stderr, as `bronze 34/120 tasks`; elsewhere a structured log line every half
    minute, where the log level is info. It looks from a thread of its own that ends with the block, and whatever goes
    wrong in it only ends the showing.

    Args:
        spark: a running session.
        label: what the block works on.
        console: instead of stderr.
        every: seconds between two looks, instead of the usual ones.

    Yields:
        A function that is given the label of each further part of the work.
    """
    part = _Label(label)
    console = console or Console(file=sys.stderr)
    if console.is_terminal:
        showing, pause = _on_terminal(console), every or SHOWN_EVERY
    elif structlog.get_logger().is_enabled_for(logging.INFO):
        showing, pause = _in_log(), every or LOGGED_EVERY
    else:
        yield part
        return
    over = Event()
    # The log lines carry what the job's thread has bound, such as the run's id.
    looker = InheritableThread(
        target=copy_context().run, args=(_look, spark, part, showing, over, pause), daemon=True, name="progress"
    )
    looker.start()
    try:
        yield part
    finally:
        over.set()
        looker.join()


def running_tasks(spark: SparkSession) -> Tasks:
    """How many tasks of the running stages are done, and how many they have."""
    tracker = spark.sparkContext.statusTracker()
    stages = [stage for number in tracker.getActiveStageIds() if (stage := tracker.getStageInfo(number))]
    return Tasks(sum(stage.numCompletedTasks for stage in stages), sum(stage.numTasks for stage in stages))


def _look(spark: SparkSession, part: _Label, showing: AbstractContextManager[Show], over: Event, pause: float) -> None:
    try:
        with showing as show:
            while not over.wait(pause):
                show(part.now, running_tasks(spark))
    except Exception as error:  # the job goes on, unseen
        structlog.get_logger().debug("progress_not_shown", reason=str(error)[:300])


@contextmanager
def _on_terminal(console: Console) -> Iterator[Show]:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
    ) as line:
        task = line.add_task("", total=None)

        def show(label: str, tasks: Tasks) -> None:
            told = f"{escape(label)} {tasks.done}/{tasks.all} tasks" if tasks.all else escape(label)
            line.update(task, description=told, completed=tasks.done, total=tasks.all or None, refresh=True)

        yield show


@contextmanager
def _in_log() -> Iterator[Show]:
    def show(label: str, tasks: Tasks) -> None:
        structlog.get_logger().info("progress", part=label, tasks_done=tasks.done, tasks=tasks.all)

    yield show
