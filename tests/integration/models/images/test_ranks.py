import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from tests.integration.models.images import work
from tests.waiting import until
from tidemill.errors import RequestWrong
from tidemill.models.images.backends import (
    Alone,
    OneRankAlone,
    OtherLauncher,
    RankFailed,
    UnknownBackend,
    launch,
    meet_ranks,
)
from tidemill.models.images.backends.signals import TAKEN_OVER

BACKENDS = ("torch", "horovod")


@pytest.fixture(scope="module")
def one_rank():
    torch.set_num_threads(1)
    return work.train(Alone())


@pytest.mark.parametrize(
    ("backend", "ranks"),
    [("torch", 2), ("torch", 4), ("horovod", 2), pytest.param("horovod", 4, marks=pytest.mark.slow)],
)
def test_any_number_of_ranks_has_the_losses_of_one(backend, ranks, one_rank):
    """To the last bit, with augmentation, mixup, dropout and a last batch that not every rank has a part of."""
    found = launch(backend, ranks, work.train)

    assert len(found) > 50
    assert found == one_rank


def test_two_ranks_fine_tune_efficientnet_as_one_does():
    torch.set_num_threads(1)

    found, expected = launch("torch", 2, work.train_lite0), work.train_lite0(Alone())

    assert len(found) == 6
    assert found == expected


@pytest.mark.parametrize("backend", BACKENDS)
def test_ranks_sum_share_and_gather_and_rank_0_is_heard(backend):
    told = []

    gathered, shared, sums = launch(backend, 2, work.talk, tell=told.append)

    assert gathered == [0, 10] and shared == "from 0" and sums == 3.0
    assert told == ["here is rank 0"]


def test_horovod_is_told_nothing_that_was_not_said():
    """A pause of 0 ms between messages would cost each rank half a core."""
    assert launch("horovod", 2, work.unsaid) == [[], []]


@pytest.mark.parametrize(("said", "cycle"), [(None, "10"), ("20", "20")])
def test_horovod_looks_for_work_as_often_as_the_environment_says_or_every_10_ms(monkeypatch, said, cycle):
    monkeypatch.delenv("HOROVOD_CYCLE_TIME", raising=False)
    if said:
        monkeypatch.setenv("HOROVOD_CYCLE_TIME", said)

    assert launch("horovod", 2, work.cycle) == [cycle, cycle]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rank_that_is_killed_ends_the_run_and_the_next_one_ends_with_the_same_weights(backend, tmp_path):
    undisturbed = work.train_into(Alone(), tmp_path / "undisturbed")[1]
    folder = tmp_path / backend

    with pytest.raises(RankFailed, match=rf"ended too early.*{backend}: .*Run it again"):
        launch(backend, 2, partial(work.train_into, folder=folder, kill_at=11))
    resumed_at, found = launch(backend, 2, partial(work.train_into, folder=folder))

    assert resumed_at == 8
    assert all(torch.equal(found[name], undisturbed[name]) for name in undisturbed)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_error_of_one_rank_is_the_error_of_the_run(backend):
    with pytest.raises(RequestWrong, match=r"^rank 1 was given nothing to do$"):
        launch(backend, 2, work.refuse)


@pytest.mark.parametrize("backend", BACKENDS)
def test_ctrl_c_ends_the_ranks_and_is_no_failure_of_theirs(backend):
    handlers = [signal.getsignal(number) for number in TAKEN_OVER]
    processes = []

    def interrupt(line: str) -> None:
        processes.extend(int(each) for each in line.split())
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        launch(backend, 2, work.wait, tell=interrupt)

    assert len(processes) == 2
    until(lambda: not any(Path(f"/proc/{each}").exists() for each in processes))
    assert [signal.getsignal(number) for number in TAKEN_OVER] == handlers


def test_ranks_that_see_other_data_stop():
    with pytest.raises(RequestWrong, match=r"rank 0 has data '.*96 to train.*rank 1 has '.*97 to train"):
        launch("torch", 2, work.train_on_other_data)


@pytest.mark.parametrize("kill_at", [5, 14])
def test_a_process_that_is_killed_goes_on_to_the_same_weights(kill_at, tmp_path):
    undisturbed = work.train_into(Alone(), tmp_path / "undisturbed")[1]
    folder = tmp_path / "killed"
    script = (
        "import pathlib, torch\n"
        "from tidemill.models.images.backends import Alone\n"
        "from tests.integration.models.images import work\n"
        "torch.set_num_threads(1)\n"
        f"work.train_into(Alone(), pathlib.Path({str(folder)!r}), kill_at={kill_at}, killed=0)\n"
    )

    killed = subprocess.run([sys.executable, "-c", script], check=False)
    resumed_at, found = work.train_into(Alone(), folder)

    assert killed.returncode == -9
    assert resumed_at == {5: 4, 14: 12}[kill_at]
    assert all(torch.equal(found[name], undisturbed[name]) for name in undisturbed)


def test_horovodrun_around_the_process_is_taken_part_in(tmp_path):
    script = tmp_path / "ranks.py"
    script.write_text(
        "import os, pathlib, sys\n"
        "from tidemill.models.images.backends import launch\n"
        "from tests.integration.models.images import work\n"
        "gathered = launch('horovod', int(sys.argv[1]), work.talk)[0]\n"
        "(pathlib.Path(sys.argv[0]).parent / os.environ['HOROVOD_RANK']).write_text(str(gathered))\n"
    )
    horovodrun = Path(sys.executable).parent / "horovodrun"
    run = [str(horovodrun), "--gloo", "-np", "2", sys.executable, str(script)]

    subprocess.run([*run, "2"], check=True, timeout=100)
    other = subprocess.run([*run, "3"], check=False, timeout=100, capture_output=True, text=True)

    assert [(tmp_path / rank).read_text() for rank in "01"] == ["[0, 10]", "[0, 10]"]
    assert "horovodrun started 2 processes, but ranks is 3" in other.stdout + other.stderr


def test_horovodrun_around_another_backend_is_refused(monkeypatch):
    assert meet_ranks("single", 1) == 0

    monkeypatch.setenv("HOROVOD_RANK", "1")

    with pytest.raises(OtherLauncher, match=r"but backend is single in the model's file. Set it to horovod"):
        meet_ranks("single", 1)


def test_one_process_is_one_rank():
    with pytest.raises(OneRankAlone, match="has one rank, not 2"):
        launch("single", 2, work.talk)


def test_an_unknown_backend_is_refused():
    with pytest.raises(UnknownBackend, match="Did you mean 'horovod'"):
        launch("horovd", 2, work.talk)
