"""Whatever a training loses at whatever moment, it goes on to the same weights; `make faults` does it ten times."""

import json
import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from tests.unit.models.images.digits import write_digits
from tests.waiting import until

KILLS = int(os.environ.get("TIDEMILL_KILLS", "2"))
SEED = int(os.environ.get("TIDEMILL_SEED", "20240501"))
# A Spark of its own with two executors, so that one can be lost.
EXECUTORS = ("--master", "local-cluster[2,1,1024]", "--conf", "spark.executor.memory=600m")
EVERY = 3
"""Steps between two checkpoints."""
LESSONS = (
    *("images.baseline=false", "images.threads=1", f"images.training.checkpoint_every={EVERY}"),
    "images.training.stages=[{name: whole, unfreeze: 1.0, epochs: 24, rate: 0.004}]",
)
TOGETHER = ("images.backend=horovod", "images.ranks=2")
RANK = "horovod.spark.task.gloo_exec_fn"
# What is killed, and a word of its command.
VICTIMS = {
    "executor": "org.apache.spark.executor.CoarseGrainedExecutorBackend",
    "driver": "org.apache.spark.deploy.SparkSubmit",
    "rank": RANK,
}


def test_a_training_that_loses_processes_at_random_moments_ends_with_the_weights_of_an_undisturbed_one(job, capsys):
    alone = job.beside("alone")
    job.options = [*EXECUTORS]
    for home in (job.home, alone.home):
        write_digits(home / "lake", share=0.4)

    undisturbed = alone("train_images", "--set", *LESSONS)
    pace = undisturbed.result["training_seconds"] / undisturbed.result["steps"]
    rounds = list(killed(job, undisturbed.result["steps"], pace))
    finished = job("train_images", "--set", *LESSONS, *TOGETHER)

    with capsys.disabled():
        print("\n" + json.dumps({"seed": SEED, "kills": rounds, "resumed_at": finished.result["resumed_at"]}))
    assert finished.status == 0, finished.err
    assert finished.result["resumed_at"] > 0
    assert finished.result["weights"] == undisturbed.result["weights"]
    assert finished.result["version"] == 1


def killed(job, steps: int, pace: float) -> Iterator[tuple[str, int]]:
    """Start the training and kill one of its processes at a random moment of its steps, so many times.

    The moments follow the steps of the run that is killed: it may be faster or slower than the one before.
    """
    drawn = random.Random(SEED)
    for number in range(KILLS):
        victim, at = list(VICTIMS)[number % len(VICTIMS)], drawn.uniform(number, number + 1) / KILLS
        begun = time.time()
        process = job.start("train_images", "--set", *LESSONS, *TOGETHER)
        enough = at * (steps - 4 * EVERY)
        until(lambda since=begun, enough=enough: kept_since(job.home, since) > enough, 300, "no checkpoint was written")
        ranks = family(process, RANK)
        time.sleep(drawn.uniform(0, EVERY * pace))
        for each in family(process, VICTIMS[victim])[:1]:
            each.kill()
        err = process.communicate(timeout=300)[1]
        until(lambda ranks=ranks: not any(map(lives, ranks)), 60, "ranks outlived their training")
        if victim != "driver":
            assert process.returncode == 1 and "Traceback" not in err, err
        yield victim, round(enough)


def kept_since(home: Path, begun: float) -> int:
    """The newest step that has been kept since a time; 0 where none has."""
    steps = [0]
    for each in home.glob("checkpoints/models/images/*/step-*"):
        with suppress(FileNotFoundError):
            if each.stat().st_mtime > begun:
                steps.append(int(each.stem.removeprefix("step-")))
    return max(steps)


def family(process: subprocess.Popen[str], word: str) -> list[psutil.Process]:
    """The processes that a job has started, itself included, with a word in their command."""
    with suppress(psutil.Error):
        first = psutil.Process(process.pid)
        return [each for each in (first, *first.children(recursive=True)) if word in command(each)]
    return []


def lives(process: psutil.Process) -> bool:
    """Whether it still does something: one that nobody has asked about its end does not."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def command(process: psutil.Process) -> list[str]:
    """None of one that has ended."""
    with suppress(psutil.Error):
        return process.cmdline()
    return []
