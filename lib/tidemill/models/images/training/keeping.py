"""Checkpoints of a training: rank 0 writes them, and every rank goes on from what rank 0 finds."""

from collections.abc import Mapping

import torch

from tidemill.models.images.backends import Communicator, from_first
from tidemill.models.images.checkpoints import CheckpointFolder, Found, Looked
from tidemill.models.images.networks import Network
from tidemill.models.images.training.state import TrainingState
from tidemill.models.images.training.telling import Tell


class Keeper:
    """Keeps where a training stands.

    Args:
        folder: rank 0's; None keeps nothing.
        identity: what the training is; a checkpoint of another one is refused.
        communicator: the ranks.
        tell: is given a line of each checkpoint that is broken.
    """

    def __init__(
        self, folder: CheckpointFolder | None, identity: Mapping[str, str], communicator: Communicator, tell: Tell
    ) -> None:
        self._folder, self._identity, self._communicator, self._tell = folder, dict(identity), communicator, tell

    def keep(
        self, network: Network, optimizer: torch.optim.Optimizer | None, training: TrainingState, many: int
    ) -> None:
        """Write a checkpoint on rank 0; the newest `many` stay.

        Raises:
            CheckpointNotWritten: the folder does not take one.
        """
        if self._folder is None or self._communicator.rank:
            return
        state = {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict() if optimizer else None,
            "training": training.to_dict(),
        }
        self._folder.keep(training.steps, self._identity, state, many)

    def newest(self) -> Found | None:
        """What rank 0 finds, on every rank; None where there is nothing to go on from.

        Raises:
            OtherCheckpoint: the folder's checkpoint is of another training.
        """
        if not from_first(self._communicator, lambda: self._folder is not None):
            return None
        looked = from_first(
            self._communicator, lambda: self._folder.newest(self._identity) if self._folder else Looked(None)
        )
        instead = "the one before it is used" if looked.found else "there is none before it: the training begins anew"
        for name in looked.broken:
            self._tell(f"warning: the checkpoint {name} is broken, and {instead}")
        if looked.found:
            self._tell(f"going on after step {looked.found.step}")
        return looked.found
