"""Who starts the ranks of a training and carries sums between them: single, torch, horovod."""

from tidemill.models.images.backends.communicating import Alone, Communicator, from_first
from tidemill.models.images.backends.launching import (
    OneRankAlone,
    OtherLauncher,
    UnknownBackend,
    launch,
    meet_ranks,
)
from tidemill.models.images.backends.slots import TooFewSlots, require_slots
from tidemill.models.images.backends.voices import RankFailed

__all__ = [
    "Alone",
    "Communicator",
    "OneRankAlone",
    "OtherLauncher",
    "RankFailed",
    "TooFewSlots",
    "UnknownBackend",
    "from_first",
    "launch",
    "meet_ranks",
    "require_slots",
]
