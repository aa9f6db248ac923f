"""A trained classifier as bytes that need neither its base's package of weights nor Spark, and back again."""

import io
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tidemill.errors import RunFailed
from tidemill.models.images.networks import Network, build_network

FORMAT = 1
# As many images at once as keep a base of 224 x 224 pixels within some hundred MiB.
AT_ONCE = 64


class ClassifierDamaged(RunFailed):
    """A registered classifier's file cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the classifier's file holds no classifier that can be read ({reason}). Train the model again, or make an "
            "earlier version the champion."
        )


class Answers(NamedTuple):
    """What a classifier says of n images.

    Attributes:
        labels: of the most probable class of each.
        probabilities: of that class, float32 [n].
    """

    labels: list[str]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class Classifier:
    """A network and the names of its classes.

    Attributes:
        network: in evaluation mode.
        classes: in the order of its answers.
    """

    network: Network
    classes: tuple[str, ...]

    @property
    def weights(self) -> str:
        """A hash of all weights and statistics: equal ones give equal answers."""
        digest = sha256()
        for name, tensor in sorted(self.network.state_dict().items()):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The probability of each class: uint8 [n, height, width, 1 or 3] to float32 [n, classes]."""
        parts = [
            self.network.probabilities(images[start : start + AT_ONCE]).cpu().numpy()
            for start in range(0, len(images), AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.classes)), np.float32)

    def answers(self, images: NDArray[np.uint8]) -> Answers:
        """The most probable class of each image: uint8 [n, height, width, 1 or 3]."""
        found = self.probabilities(images)
        told = found.argmax(axis=1)
        return Answers([self.classes[at] for at in told], found[np.arange(len(told)), told])

    def to_bytes(self) -> bytes:
        """The classifier as a file."""
        network = self.network
        told: dict[str, Any] = {
            "format": FORMAT,
            "base": network.base,
            "size": network.size,
            "channels": network.channels,
            "classes": list(self.classes),
            "state": {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()},
        }
        written = io.BytesIO()
        torch.save(told, written)
        return written.getvalue()

    @classmethod
    def of(cls, network: Network, classes: Sequence[str]) -> "Classifier":
        """A network that has been trained."""
        return cls(network.eval(), tuple(classes))

    @classmethod
    def from_bytes(cls, written: bytes) -> "Classifier":
        """Read what `to_bytes` wrote.

        Raises:
            ClassifierDamaged: it is something else, or not whole.
        """
        try:
            # Plain values and tensors alone: a file from a store must not be able to run code.
            told: Mapping[str, Any] = torch.load(io.BytesIO(written), map_location="cpu", weights_only=True)
            network = build_network(
                told["base"], len(told["classes"]), size=told["size"], pretrained=False, channels=told["channels"]
            )
            network.load_state_dict(told["state"])
        except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, TypeError) as error:
            raise ClassifierDamaged((str(error).strip() or type(error).__name__).splitlines()[0][:200]) from error
        return cls.of(network, told["classes"])
