"""How a network is trained: `training` in conf/models/images.yaml."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from tidemill.config import Frozen
from tidemill.errors import suggestion
from tidemill.models.images.settings.augmenting import AugmentSettings
from tidemill.models.images.settings.bases import BASES, SMALL

# What a run may change and still go on from a checkpoint: none of it changes the result.
FREE = {"backend", "ranks", "threads", "checkpoint_every", "checkpoints_kept", "weights"}


class StageSettings(Frozen):
    """A part of the training with its own share of the network that learns.

    Attributes:
        name: for people.
        unfreeze: the head alone (0), with so large a share of the blocks counted from the top, or with the named ones.
        epochs: at most.
        rate: of the head and the highest block, for the batch size that `rate_batch` names.
        decay: a block's rate is that of the one above it times this.
    """

    name: str
    unfreeze: float | tuple[str, ...] = Field(default=0.0)
    epochs: int = Field(ge=1)
    rate: float = Field(gt=0)
    decay: float = Field(default=1.0, gt=0, le=1)

    @field_validator("unfreeze", mode="before")
    @classmethod
    def _no_single_name(cls, given: Any) -> Any:
        if isinstance(given, str):
            raise ValueError(f"must be a share from 0 to 1, or a list of blocks' names, as in [{given}]")
        return given

    @model_validator(mode="after")
    def _is_a_share(self) -> Self:
        if isinstance(self.unfreeze, float) and not 0 <= self.unfreeze <= 1:
            raise ValueError(f"unfreeze is {self.unfreeze}, but must be a share from 0 to 1 or names of blocks")
        return self


class EarlyStoppingSettings(Frozen):
    """When a stage ends before its epochs are over, and which weights are put back.

    Attributes:
        metric: of the validation split.
        patience: epochs without a better one.
    """

    metric: Literal["accuracy", "loss"] = "accuracy"
    patience: int = Field(default=3, ge=1)


class TrainingSettings(Frozen):
    """Everything that decides which weights a training ends with, given its data; and how it is run.

    Attributes:
        base: what learns: efficientnet_lite0 to 4, small_cnn, wide_cnn, or one of torchvision's.
        weights: a file of the base's, instead of the package's own; on each rank's host, under the same path.
        pretrained: whether the base starts from weights; the small ones have none.
        size: of the images that the base takes, pixels; the one of its weights where nothing is said.
        batch_size: of all ranks together.
        seed: of the order, the head, the augmentation and the dropout.
        stages: in their order.
        optimizer: adamw, or sgd with Nesterov's momentum of 0.9.
        rate_batch: the batch size that rates are written for; they are scaled with batch_size, linearly for sgd (Goyal
            et al. 2017, arXiv:1706.02677) and by the root for adamw (Malladi et al. 2022, arXiv:2205.10287).
        warm_up: the share of a stage's steps in which the rate rises to its full height; then it falls as a cosine.
        final_rate: the share of the rate that is left at a stage's end.
        weight_decay: of weights that multiply; biases and normalisation have none.
        clip: the longest gradient, over all parameters; none where nothing is said.
        label_smoothing: the share of a label that is spread over all classes.
        augment: how images are varied.
        dropout: of the features before the head.
        class_weights: balanced weighs each sample by the mean class size over its class's, none by 1.
        early_stopping: none where nothing is said; then the last weights are kept.
        batch_norm: evaluation leaves the statistics of the base as they are; training has each rank take those of its
            own part of a batch, so that the result differs with the number of ranks.
        exact_ranks: on CPUs with the base's statistics, so many ranks and any lesser power of two, with as many threads
            each, come to the same weights to the last bit; 0 for none. A batch is computed in as many parts.
        mixed_precision: auto computes in bfloat16 on a GPU that can; never computes in float32.
        checkpoint_every: steps.
        checkpoints_kept: the newest so many.
        backend: who starts the ranks and sums their gradients.
        ranks: processes.
        threads: of each rank; the machine's cores shared among its ranks where nothing is said.
    """

    base: str
    weights: Path | None = None
    pretrained: bool = True
    size: int | None = Field(default=None, ge=8)
    batch_size: int = Field(default=64, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**63)
    stages: tuple[StageSettings, ...] = Field(min_length=1)
    optimizer: Literal["adamw", "sgd"] = "adamw"
    rate_batch: int = Field(default=64, ge=1)
    warm_up: float = Field(default=0.1, ge=0, lt=1)
    final_rate: float = Field(default=0.0, ge=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0)
    clip: float | None = Field(default=None, gt=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    augment: AugmentSettings = AugmentSettings()
    dropout: float = Field(default=0.0, ge=0, lt=1)
    class_weights: Literal["none", "balanced"] = "none"
    early_stopping: EarlyStoppingSettings | None = None
    batch_norm: Literal["evaluation", "training"] = "evaluation"
    exact_ranks: Literal[0, 2, 4, 8] = 4
    mixed_precision: Literal["auto", "never"] = "auto"
    checkpoint_every: int = Field(default=100, ge=1)
    checkpoints_kept: int = Field(default=3, ge=2)
    backend: Literal["single", "torch", "horovod"] = "single"
    ranks: int = Field(default=1, ge=1)
    threads: int | None = Field(default=None, ge=1)

    @field_validator("base")
    @classmethod
    def _is_known(cls, base: str) -> str:
        if base not in BASES:
            raise ValueError(f"there is no base '{base}'. {suggestion(base, BASES)}")
        return base

    @field_validator("weights")
    @classmethod
    def _means_the_same_everywhere(cls, weights: Path | None) -> Path | None:
        return weights.expanduser().absolute() if weights else None

    @model_validator(mode="after")
    def _has_weights_or_not(self) -> Self:
        if self.weights and self.base in SMALL:
            raise ValueError(f"{self.base} begins without weights, but weights is {self.weights}: leave it out")
        if self.weights and not self.pretrained:
            raise ValueError(f"weights is {self.weights}, but pretrained is false: set it to true, or name no weights")
        return self

    @property
    def epochs(self) -> int:
        """Of all stages, at most."""
        return sum(stage.epochs for stage in self.stages)

    @property
    def fingerprint(self) -> str:
        """What decides the result, as a hash: a checkpoint of other settings has another one."""
        decisive = self.model_dump(mode="json", exclude=FREE)
        return sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]
