"""Who starts the ranks of a training and carries sums between them: single, torch, horovod."""

from tidemill.models.images.backends.communicating import Alone, Communicator, from_first
from tidemill.models.images.backends.launching import OneRankAlone, UnknownBackend, launch
from tidemill.models.images.backends.slots import TooFewSlots, require_slots
from tidemill.models.images.backends.voices import RankFailed

__all__ = [
    "Alone",
    "Communicator",
    "OneRankAlone",
    "RankFailed",
    "TooFewSlots",
    "UnknownBackend",
    "from_first",
    "launch",
    "require_slots",
]
