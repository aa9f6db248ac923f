"""Run the demo in front of a person: a line a step, and where to look at the end."""

import shlex
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore, Event
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from tidemill.config import Config
from tidemill.demo.deliveries import write_deliveries
from tidemill.demo.landing import local_folder
from tidemill.demo.live import FaultMissed, run_live
from tidemill.demo.page import write_page
from tidemill.demo.runner import Outcome, stop, submit
from tidemill.demo.steps import LANES, Step
from tidemill.errors import RunFailed

# Starting a JVM and Spark keeps one core busy, not two.
SIDE_BY_SIDE = 2
HEADER = f"{'step':<29}{'time':>8}{'rows in':>10}{'out':>9}{'quarantined':>13}{'duplicates':>12}"


class FaultsNotFound(RunFailed):
    """The tables do not hold exactly what the deliveries' faults must lead to."""

    def __init__(self, differences: list[str], page: Path) -> None:
        super().__init__(
            f"the tables and the injected faults differ: {'; '.join(differences)}. See {page}. "
            "A home that has seen other deliveries differs too: try another --home, or remove this one."
        )


def run_demo(console: Console, config: Config, seed: int) -> None:
    """Write the deliveries, run every job on them, let sensors send for a minute, write the page.

    Args:
        console: for the lines.
        config: of the home to work in.
        seed: of the deliveries.

    Raises:
        LandingNotWritable, StepFailed: a step could not be done; those after it were not tried.
        NoBroker, NotPublished, ProcessEnded, NotInTime: a part of the live minute did not work.
        FaultMissed: all was done, but a sensor's fault opened no alert.
        FaultsNotFound: all was done, but the tables do not hold what the deliveries must lead to.
    """
    signal.signal(signal.SIGTERM, _stop)
    began = time.monotonic()
    console.print(HEADER)
    _deliver(console, config, seed)
    logs = local_folder(config.reports) / "demo-logs"
    _run_lanes(console, config, logs)
    dashboard = f"tidemill dashboard --home {shlex.quote(str(_near(Path(config.home))))}"
    try:
        _live(console, config, logs)
    except FaultMissed:
        # The page shows what was sent and what was told.
        write_page(config, dashboard)
        raise
    with _waiting(console, "writing the page"):
        page, differences = write_page(config, dashboard)
    if differences:
        raise FaultsNotFound(differences, page)
    console.print(f"\nDone in {time.monotonic() - began:.0f} s; every injected fault was found, and nothing else.")
    console.print(f"Look at {_near(page)} in a browser.")
    console.print(f"See sensors and alerts at http://127.0.0.1:8050 with: {dashboard}")


def _live(console: Console, config: Config, logs: Path) -> None:
    began = time.monotonic()
    console.print("live sensors")
    with _waiting(console, "live sensors"):
        run_live(config, logs, lambda line: console.print(f"  {line}", markup=False))
    console.print(f"{'live sensors':<29}{time.monotonic() - began:>6.1f} s")


def _run_lanes(console: Console, config: Config, logs: Path) -> None:
    """Run the lanes side by side, with as many jobs at once as there is room for; the first failure stops them all."""
    running: set[subprocess.Popen[str]] = set()
    stopped = Event()
    room = BoundedSemaphore(SIDE_BY_SIDE)

    def run(lane: tuple[Step, ...]) -> None:
        for step in lane:
            with room:
                if stopped.is_set():
                    return
                task = progress.add_task(step.name, total=None)
                heard = partial(_show, progress, task, step.name)
                outcome = submit(step, config.conf_dir.parent, config.home, logs, heard, running=running)
                progress.remove_task(task)
            console.print(_line(outcome))

    with _progress(console) as progress, ThreadPoolExecutor(len(LANES)) as lanes:
        try:
            for ended in as_completed([lanes.submit(run, lane) for lane in LANES]):
                ended.result()
        except BaseException:
            stopped.set()
            for process in tuple(running):
                stop(process)
            raise


def _deliver(console: Console, config: Config, seed: int) -> None:
    began = time.monotonic()
    with _waiting(console, "demo-data"):
        injected = write_deliveries(local_folder(config.landing), seed)
    rows = sum(dataset.rows_delivered for dataset in injected.datasets.values())
    console.print(f"{'demo-data':<29}{time.monotonic() - began:>6.1f} s{'':>10}{rows:>9,}")


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _waiting(console: Console, name: str) -> Progress:
    progress = _progress(console)
    progress.add_task(name, total=None)
    return progress


def _show(progress: Progress, task: TaskID, name: str, line: str) -> None:
    room = progress.console.width - len(name) - 20
    progress.update(task, description=f"{name}  [dim]{escape(line[: max(room, 0)])}[/dim]")


def _line(outcome: Outcome) -> str:
    start = f"{outcome.step.name:<29}{outcome.seconds:>6.1f} s"
    if not outcome.result.get("runs", True):
        return f"{start}   nothing new"
    widths = {"read": 10, "accepted": 9, "quarantined": 13, "duplicate": 12}
    counts = {what: outcome.rows(what) for what in widths}
    return start + "".join(f"{count:>{widths[what]},}" if count is not None else "" for what, count in counts.items())


def _near(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
