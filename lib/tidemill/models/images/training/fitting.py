"""Train a network by stages, over any number of ranks, from wherever an earlier run was stopped."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from tidemill.models.images.backends import Communicator
from tidemill.models.images.checkpoints import CheckpointFolder
from tidemill.models.images.feeding import Feed
from tidemill.models.images.networks import Network
from tidemill.models.images.settings import StageSettings, TrainingSettings
from tidemill.models.images.training.agreeing import (
    LossNotFinite,
    average_statistics,
    begin_alike,
    identity_of,
    require_features_of,
    require_the_same,
)
from tidemill.models.images.training.gradients import Gradients
from tidemill.models.images.training.keeping import Keeper
from tidemill.models.images.training.memory import keep_freed_memory
from tidemill.models.images.training.probing import FrozenFeeds
from tidemill.models.images.training.schedule import set_rate, share_of_rate
from tidemill.models.images.training.state import Epoch, TrainingState
from tidemill.models.images.training.stepping import Stepper
from tidemill.models.images.training.telling import Tell, Telling
from tidemill.models.images.training.unfreezing import optimizer_for, set_modes, unfrozen
from tidemill.models.images.training.validating import Validated, validate, validate_head
from tidemill.models.images.training.weighing import balanced_weights


@dataclass(frozen=True)
class Fitted:
    """What a training came to.

    Attributes:
        network: with its last weights, or the best where early stopping is set.
        epochs: all that are over, of earlier runs too.
        losses: of every step, the mean over its global batch; of earlier runs too.
        steps: how many these are.
        resumed_at: the step of the checkpoint that this run went on from; None where it began.
        seconds: that this run took, validation and checkpoints included.
        images: that this run learnt from, over all ranks.
        exchanging: seconds of this run that rank 0 spent in exchanging gradients.
    """

    network: Network
    epochs: tuple[Epoch, ...]
    losses: tuple[float, ...]
    steps: int
    resumed_at: int | None
    seconds: float
    images: int
    exchanging: float


def fit(
    train: Feed,
    validation: Feed,
    network: Network,
    settings: TrainingSettings,
    communicator: Communicator,
    checkpoints: CheckpointFolder | None = None,
    tell: Tell = lambda line: None,
    frozen: FrozenFeeds | None = None,
) -> Fitted:
    """Train a network through all stages.

    Every rank calls it with its own feeds and its own network; rank 0's weights count. Seed, data and settings decide
    the result, on CPUs to the last bit on any number of ranks that have as many threads each.

    Args:
        train: this rank's part of the train split.
        validation: this rank's part of the validation split, in any order.
        network: is changed.
        settings: how.
        communicator: sums gradients and counts.
        checkpoints: where rank 0 keeps them, and from where it goes on; None keeps none.
        tell: is given lines for a person.
        frozen: features of the base as it begins, which stages that teach the head alone read instead of images, up to
            the first stage that teaches more.

    Raises:
        RanksDiffer: ranks were given different data, settings or networks.
        NoImages: a split is empty.
        OtherFeatures: features come in other batches than their images.
        LossNotFinite: the loss has grown beyond all numbers.
        OtherClasses: the network has another number of classes than the data.
        UnknownBlock: a stage unfreezes what the base does not have.
        OtherCheckpoint: the folder's checkpoint is of another training.
        CheckpointNotWritten: the folder does not take one.
    """
    return _Training(train, validation, network, settings, communicator, checkpoints, tell, frozen).run()


class _Training:
    def __init__(
        self,
        train: Feed,
        validation: Feed,
        network: Network,
        settings: TrainingSettings,
        communicator: Communicator,
        checkpoints: CheckpointFolder | None,
        tell: Tell,
        frozen: FrozenFeeds | None,
    ) -> None:
        if settings.threads:
            torch.set_num_threads(settings.threads)
        keep_freed_memory()
        self._train, self._validation, self._settings = train, validation, settings
        self._communicator, self._frozen = communicator, frozen
        self._network = network.to("cuda" if torch.cuda.is_available() else "cpu")
        self._state = TrainingState()
        self._optimizer_state: dict[str, Any] | None = None
        data = checkpoints.data if checkpoints else "no version"
        self._identity = identity_of(data, train, validation, network, settings, frozen)
        self._keeper = Keeper(checkpoints, self._identity, communicator, tell)
        self._telling = Telling(settings, train.steps, tell)
        self._exchanging, self._images = 0.0, 0

    def run(self) -> Fitted:
        begun = time.monotonic()
        require_the_same(self._identity, self._train, self._validation, self._network, self._communicator)
        if self._frozen:
            require_features_of(self._frozen, self._train, self._validation)
        begin_alike(self._network, self._communicator)
        resumed_at = self._resume()
        balanced = self._settings.class_weights == "balanced" and not self._state.done
        weights = balanced_weights(self._train) if balanced else None
        weights = weights.to(self._network.head.weight) if weights is not None else None
        self._stepper = Stepper(self._network, self._settings, weights)
        while not self._state.done:
            self._run_stage(self._settings.stages[self._state.stage])
        self._network.eval()
        state = self._state
        seconds = time.monotonic() - begun
        return Fitted(
            self._network,
            tuple(state.epochs),
            tuple(state.losses),
            state.steps,
            resumed_at,
            seconds,
            self._images,
            self._exchanging,
        )

    def _run_stage(self, stage: StageSettings) -> None:
        taught = unfrozen(self._network, stage)
        so_far = self._settings.stages[: self._state.stage + 1]
        untouched = not any(unfrozen(self._network, each) for each in so_far)
        self._probed = self._frozen if untouched else None
        set_modes(self._network, taught, self._settings.batch_norm)
        optimizer = optimizer_for(self._network, stage, self._settings)
        if self._optimizer_state is not None:
            optimizer.load_state_dict(self._optimizer_state)
            self._optimizer_state = None
        learning = [each for each in self._network.parameters() if each.requires_grad]
        gradients = Gradients(learning, self._stepper.parts)
        self._telling.stage()
        while not self._is_over(stage):
            self._run_epoch(stage, optimizer, gradients)
            set_modes(self._network, taught, self._settings.batch_norm)
        self._exchanging += gradients.exchanging
        state = self._state
        if self._settings.early_stopping and state.best_weights:
            self._network.load_state_dict(state.best_weights)
        state.stage, state.stage_epoch, state.waited = state.stage + 1, 0, 0
        state.done = state.stage == len(self._settings.stages)
        self._keep(None)

    def _is_over(self, stage: StageSettings) -> bool:
        stopping = self._settings.early_stopping
        return self._state.stage_epoch >= stage.epochs or bool(stopping and self._state.waited >= stopping.patience)

    def _run_epoch(self, stage: StageSettings, optimizer: torch.optim.Optimizer, gradients: Gradients) -> None:
        state, settings, steps = self._state, self._settings, stage.epochs * self._train.steps
        for learn in self._lessons():
            place = state.stage_epoch * self._train.steps + state.step
            set_rate(optimizer, share_of_rate(place, steps, settings.warm_up, settings.final_rate))
            gradients.begin()
            learn(gradients)
            step = gradients.finish(self._communicator, settings.clip)
            if not math.isfinite(step.loss):
                raise LossNotFinite(state.steps, stage.name)
            optimizer.step()
            state.step, state.steps = state.step + 1, state.steps + 1
            state.loss, state.samples = state.loss + step.loss * step.samples, state.samples + step.samples
            state.losses.append(step.loss)
            self._images += step.samples
            if state.steps % settings.checkpoint_every == 0:
                self._keep(optimizer)
            self._telling.step(state, step.loss, step.samples)
        self._end_epoch(stage)
        self._keep(optimizer)

    def _lessons(self) -> Iterator[Callable[[Gradients], None]]:
        """What computes this rank's gradients of each step that is left of the epoch."""
        epoch, first = self._state.epoch, self._state.step
        if self._probed:
            for features in self._probed.train.batches(epoch, first):
                yield partial(self._stepper.on_features, features, epoch)
        else:
            for images in self._train.batches(epoch, first):
                yield partial(self._stepper.on_images, images, epoch)

    def _validate(self) -> Validated:
        if self._probed:
            return validate_head(self._network, self._probed.validation, self._communicator)
        return validate(self._network, self._validation, self._communicator)

    def _end_epoch(self, stage: StageSettings) -> None:
        state, stopping = self._state, self._settings.early_stopping
        self._settle()
        found = self._validate()
        epoch = Epoch(stage.name, state.epoch, state.loss / state.samples, found.loss, found.accuracy)
        state.epochs.append(epoch)
        self._telling.epoch(epoch)
        figure = -found.loss if stopping and stopping.metric == "loss" else found.accuracy
        if state.best is None or figure > state.best:
            state.best, state.best_epoch, state.waited = figure, state.epoch, 0
            if stopping:
                state.best_weights = {name: each.clone() for name, each in self._network.state_dict().items()}
        else:
            state.waited += 1
        state.epoch, state.stage_epoch = state.epoch + 1, state.stage_epoch + 1
        state.step, state.loss, state.samples = 0, 0.0, 0

    def _settle(self) -> None:
        if self._settings.batch_norm == "training" and self._communicator.ranks > 1:
            average_statistics(self._network, self._communicator)

    def _keep(self, optimizer: torch.optim.Optimizer | None) -> None:
        self._settle()
        self._keeper.keep(self._network, optimizer, self._state, self._settings.checkpoints_kept)

    def _resume(self) -> int | None:
        """Take over what rank 0 finds in the folder, on every rank."""
        found = self._keeper.newest()
        if found is None:
            return None
        self._network.load_state_dict(found.state["network"])
        self._optimizer_state = found.state["optimizer"]
        self._state = TrainingState.from_dict(found.state["training"])
        return found.step
