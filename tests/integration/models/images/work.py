"""What ranks in processes of their own are given to do."""

import os
import signal
import time
from pathlib import Path

import torch

from tests.unit.models.images.arrays import ArraysFeed, feeds, settings, shapes, tiny_network
from tidemill.errors import RequestWrong
from tidemill.models.images.backends import Communicator
from tidemill.models.images.checkpoints import CheckpointFolder
from tidemill.models.images.networks import build_network
from tidemill.models.images.training import fit

# 13 steps an epoch: one of the head, four of all blocks.
FIFTY_STEPS = settings(
    stages=[
        {"name": "probe", "epochs": 1, "rate": 0.01},
        {"name": "all", "unfreeze": 1.0, "epochs": 4, "rate": 0.005, "decay": 0.8},
    ]
)
SAMPLES = 203
FEW_STEPS = settings(
    base="efficientnet_lite0",
    exact_ranks=2,
    stages=[
        {"name": "probe", "epochs": 1, "rate": 0.001},
        {"name": "all", "unfreeze": 1.0, "epochs": 1, "rate": 0.0005, "decay": 0.9},
    ],
)


class KilledFeed(ArraysFeed):
    """Kills its process before a step."""

    def __init__(self, *arrays, kill_at: int, **options) -> None:
        super().__init__(*arrays, **options)
        self._left = kill_at

    def batches(self, epoch, first_step=0):
        for batch in super().batches(epoch, first_step):
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1
            yield batch


def train(communicator: Communicator) -> list[float]:
    """The losses of the small network."""
    train, validation = feeds(SAMPLES, communicator.rank, communicator.ranks)
    return list(fit(train, validation, tiny_network(), FIFTY_STEPS, communicator, tell=communicator.tell).losses)


def train_lite0(communicator: Communicator) -> list[float]:
    """The losses of EfficientNet-Lite0 with its own weights."""
    train, validation = feeds(40, communicator.rank, communicator.ranks)
    network = build_network("efficientnet_lite0", 3, size=32)
    return list(fit(train, validation, network, FEW_STEPS, communicator).losses)


def train_into(
    communicator: Communicator, folder: Path, kill_at: int | None = None, killed: int = 1
) -> tuple[int | None, dict[str, torch.Tensor]]:
    """Where a training went on from, and its weights; a rank may be killed before a step."""
    train, validation = feeds(96, communicator.rank, communicator.ranks)
    if kill_at is not None and communicator.rank == killed:
        options = {"rank": communicator.rank, "ranks": communicator.ranks}
        train = KilledFeed(*shapes(96), kill_at=kill_at, **options)
    network = tiny_network()
    fitted = fit(train, validation, network, settings(), communicator, CheckpointFolder(folder, "shapes 1"))
    return fitted.resumed_at, dict(network.state_dict())


def train_on_other_data(communicator: Communicator) -> None:
    """Rank 1 has a sample more."""
    train, validation = feeds(96 + communicator.rank, communicator.rank, communicator.ranks)
    fit(train, validation, tiny_network(), settings(), communicator)


def die(communicator: Communicator) -> None:
    """Rank 1 is killed while the others wait for it."""
    if communicator.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    communicator.barrier()


def wait(communicator: Communicator) -> None:
    """Says which process each rank is, and has more to do than a test has time."""
    numbers = communicator.gather(os.getpid())
    communicator.tell(" ".join(str(each) for each in numbers))
    time.sleep(600)


def refuse(communicator: Communicator) -> None:
    """Rank 1 does not take its work."""
    if communicator.rank == 1:
        raise RequestWrong("rank 1 was given nothing to do")
    communicator.barrier()


def talk(communicator: Communicator) -> tuple[list[int], str, float]:
    """What ranks say to each other."""
    communicator.tell(f"here is rank {communicator.rank}")
    numbers, first = torch.full((3,), 1.0 + communicator.rank), torch.full((2,), float(communicator.rank))
    communicator.sum_([numbers])
    communicator.broadcast_([first])
    gathered = communicator.gather(communicator.rank * 10)
    return gathered, communicator.share(f"from {communicator.rank}"), float(numbers[0] + 100 * first[0])


def unsaid(communicator: Communicator) -> list[list[str]]:
    """What each rank's environment gives as nothing, which Horovod would read as 0."""
    return communicator.gather([name for name, value in os.environ.items() if value == "(None,)"])


def cycle(communicator: Communicator) -> list[str]:
    """How many milliseconds each rank's Horovod lets pass between two questions what is to be exchanged."""
    return communicator.gather(os.environ["HOROVOD_CYCLE_TIME"])
