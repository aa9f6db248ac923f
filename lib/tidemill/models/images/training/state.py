"""Where a training stands: all that a checkpoint has to hold beside weights and optimizer."""

from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Epoch:
    """An epoch that is over.

    Attributes:
        stage: its name.
        epoch: counted over all stages, from 0.
        loss: the mean over its training samples.
        validation_loss: the mean over the validation split.
        validation_accuracy: the share of it that was right.
    """

    stage: str
    epoch: int
    loss: float
    validation_loss: float
    validation_accuracy: float


@dataclass
class TrainingState:
    """Where a training stands.

    Attributes:
        stage: its place among the stages.
        stage_epoch: epochs of the stage that are over.
        epoch: epochs of all stages that are over; keys the randomness of the one that runs.
        step: steps of this epoch that are over.
        steps: steps of the whole training that are over.
        loss: summed over the samples of this epoch's steps.
        samples: how many these were.
        losses: of every step.
        epochs: that are over.
        best: the best figure so far, larger being better; None before the first.
        best_epoch: of that figure.
        waited: epochs of this stage without a better one.
        done: whether all stages are over.
    """

    stage: int = 0
    stage_epoch: int = 0
    epoch: int = 0
    step: int = 0
    steps: int = 0
    loss: float = 0.0
    samples: int = 0
    losses: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    best: float | None = None
    best_epoch: int | None = None
    waited: int = 0
    done: bool = False
    best_weights: dict[str, Tensor] | None = None

    def to_dict(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        told = {name: value for name, value in vars(self).items() if name != "epochs"}
        return told | {"losses": list(self.losses), "epochs": [asdict(each) for each in self.epochs]}

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> "TrainingState":
        """The state that a checkpoint held."""
        return cls(**{**told, "epochs": [Epoch(**each) for each in told["epochs"]]})
