"""All that a report of an image classifier tells, in plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidemill.models.images.evaluation import CalibrationBin, ClassFigures


@dataclass(frozen=True)
class Epoch:
    """An epoch that is over, as `training.Epoch`, and the step that it ended with, counted over all stages."""

    stage: str
    step: int
    loss: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class Wrong:
    """One of the worst mistakes: the image, its class, what was told and how surely.

    Attributes:
        image_id: of the table.
        path: where it came from, where that is known.
        label: its class.
        told: the class that was told.
        probability: of that.
        of_label: of its own class.
        image: uint8 [height, width, channels].
    """

    image_id: str
    path: str | None
    label: str
    told: str
    probability: float
    of_label: float
    image: NDArray[np.uint8]


@dataclass(frozen=True)
class Baseline:
    """What histograms of gradients and a linear SVM come to on the same images.

    Attributes:
        figures: on the test split.
        features: numbers an image.
        seconds: to compute and fit them.
    """

    figures: Mapping[str, float]
    features: int
    seconds: float


@dataclass(frozen=True)
class ImageFindings:
    """Everything that is told of one training.

    Attributes:
        name: of the model.
        version: of the model.
        trained_at: as ISO 8601.
        table: that it was trained on.
        table_version: of it.
        classes: by their index.
        splits: images of each.
        shape: height, width and channels of an image.
        base: what the network learnt with.
        size: of the images that it takes, pixels.
        weights: a hash of its weights.
        settings: of the training, plain.
        figures: on the test split.
        interval: of the accuracy, 95 %.
        class_figures: of each class.
        confusion: [C, C], by class and by what was told.
        calibration: the steps that have samples.
        mistakes: the worst.
        epochs: that are over.
        losses: of every step.
        speed: what it cost: images_per_second, seconds, exchanging (seconds), answered (test images a second), ranks,
            threads, backend, device, resumed_at.
        baseline: None where none was asked for.
        promotion: whether it is the champion now, and why.
        versions: of packages.
    """

    name: str
    version: int
    trained_at: str
    table: str
    table_version: int
    classes: Sequence[str]
    splits: Mapping[str, int]
    shape: tuple[int, int, int]
    base: str
    size: int
    weights: str
    settings: Mapping[str, Any]
    figures: Mapping[str, float]
    interval: tuple[float, float]
    class_figures: Sequence[ClassFigures]
    confusion: NDArray[np.int64]
    calibration: Sequence[CalibrationBin]
    mistakes: Sequence[Wrong]
    epochs: Sequence[Epoch]
    losses: Sequence[float]
    speed: Mapping[str, Any]
    baseline: Baseline | None
    promotion: str
    versions: Mapping[str, str]

    @property
    def counting(self) -> Epoch | None:
        """The epoch whose weights the network has: the best where early stopping puts them back, else the last."""
        stopping = self.settings.get("early_stopping")
        if not self.epochs or not stopping:
            return self.epochs[-1] if self.epochs else None
        if stopping["metric"] == "loss":
            return min(self.epochs, key=lambda each: each.validation_loss)
        return max(self.epochs, key=lambda each: each.validation_accuracy)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a program; of a mistake without its pixels."""
        told = asdict(self)
        told["confusion"] = self.confusion.tolist()
        for each in told["mistakes"]:
            del each["image"]
        return told


def stages_of(epochs: Sequence[Epoch]) -> dict[str, list[Epoch]]:
    """The epochs of each stage, in their order."""
    found: dict[str, list[Epoch]] = {}
    for epoch in epochs:
        found.setdefault(epoch.stage, []).append(epoch)
    return found
