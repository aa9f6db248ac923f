"""What each rank of a training does: build, fit, and answer the test split, beside the champion."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from tidemill.models.images.backends import Communicator
from tidemill.models.images.checkpoints import CheckpointFolder
from tidemill.models.images.classifier import Classifier
from tidemill.models.images.evaluation import Counts, Outcome, evaluate
from tidemill.models.images.feeding import Feed, Snapshot, delta_feed
from tidemill.models.images.frozen import CachedFeatures, FrozenBase, cached_features, feature_feed
from tidemill.models.images.networks import Network, build_network
from tidemill.models.images.settings import ImageSettings
from tidemill.models.images.training import Epoch, Fitted, FrozenFeeds, features_of, fit

TRAIN, VALIDATION, TEST = "train", "validation", "test"
# The global batch of a split that is only answered; the result does not depend on it, up to float32's rounding.
ANSWERED_AT_ONCE = 256


@dataclass(frozen=True)
class Rival:
    """The champion that a new model is compared with.

    Attributes:
        classifier: its file.
        unseen: by key of the test split, the samples that it has not learnt from; None where that is all of them.
    """

    classifier: bytes
    unseen: NDArray[np.bool_] | None


@dataclass(frozen=True)
class Task:
    """What is to be done, the same on all ranks; rank 0's is taken.

    Attributes:
        snapshot: the pinned table.
        checkpoints: a folder for this training alone, of rank 0's host or shared.
        features: a folder for features of frozen bases, for all trainings, which all ranks see.
        restart: whether checkpoints that are there give way.
        rival: the champion, where there is one to compare with.
    """

    snapshot: Snapshot
    checkpoints: str
    features: str
    restart: bool = False
    rival: Rival | None = None


@dataclass(frozen=True)
class Compared:
    """A new model and the champion on the test samples that neither has learnt from."""

    new: Counts
    champion: Counts


@dataclass(frozen=True)
class Made:
    """What the ranks came to.

    Attributes:
        classifier: its file.
        weights: their hash.
        size: of the images that the network takes, pixels.
        epochs: all that are over.
        losses: of every step.
        resumed_at: the step of the checkpoint that this run went on from.
        seconds: of this run's training.
        images: that this run learnt from.
        exchanging: seconds of that, in which rank 0 exchanged gradients.
        test: how the network did on the test split.
        compared: with the champion; None where there is none.
        answered: test images a second, over all ranks.
        threads: of rank 0.
        device: that rank 0 computed on.
    """

    classifier: bytes
    weights: str
    size: int
    epochs: tuple[Epoch, ...]
    losses: tuple[float, ...]
    resumed_at: int | None
    seconds: float
    images: int
    exchanging: float
    test: Outcome
    compared: Compared | None
    answered: float
    threads: int
    device: str


@dataclass(frozen=True)
class Work:
    """A rank's work, which travels to its process; `launch` calls it.

    Attributes:
        settings: the classifier's file.
        task: what rank 0 was given; None on ranks that a launcher outside started, which are told by rank 0.
    """

    settings: ImageSettings
    task: Task | None

    def __call__(self, communicator: Communicator) -> Made:
        """Train and evaluate; every rank comes to the same."""
        task = communicator.share(self.task)
        assert task is not None  # noqa: S101 - rank 0 has one
        fitted = _fitted(self.settings, task, communicator)
        classifier = Classifier.of(fitted.network, task.snapshot.classes)
        images = task.snapshot.splits[TEST]
        communicator.tell(f"answering the {images} images of the test split")
        begun = time.monotonic()
        feed = _feed(task, TEST, ANSWERED_AT_ONCE, communicator)
        outcome = evaluate(feed, classifier.probabilities, communicator, self.settings.mistakes)
        answered = images / (time.monotonic() - begun)
        return Made(
            classifier=classifier.to_bytes(),
            weights=classifier.weights,
            size=fitted.network.size,
            epochs=fitted.epochs,
            losses=fitted.losses,
            resumed_at=fitted.resumed_at,
            seconds=fitted.seconds,
            images=fitted.images,
            exchanging=fitted.exchanging,
            test=outcome,
            compared=_compared(task, classifier, outcome, communicator),
            answered=answered,
            threads=torch.get_num_threads(),
            device=str(next(fitted.network.parameters()).device),
        )


def _fitted(settings: ImageSettings, task: Task, communicator: Communicator) -> Fitted:
    training, snapshot = settings.run_as, task.snapshot
    if training.threads:
        torch.set_num_threads(training.threads)  # for the features of a frozen base, too
    network = build_network(
        training.base,
        len(snapshot.classes),
        training.weights,
        size=training.size,
        pretrained=training.pretrained,
        channels=snapshot.shape[2],
        seed=training.seed,
    )
    return fit(
        _feed(task, TRAIN, training.batch_size, communicator, training.seed, shuffle=True),
        _feed(task, VALIDATION, ANSWERED_AT_ONCE, communicator),
        network,
        training,
        communicator,
        CheckpointFolder(Path(task.checkpoints), _data(snapshot), task.restart),
        communicator.tell,
        _frozen(settings, task, network, communicator),
    )


def _frozen(settings: ImageSettings, task: Task, network: Network, communicator: Communicator) -> FrozenFeeds | None:
    """Features of the base as it begins, where the first stage leaves it as it is; the ranks share their computing."""
    training = settings.training
    if settings.frozen_views is None or training.stages[0].unfreeze:
        return None
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    augmentation = f"seed {training.seed}, {training.augment.model_dump_json()}" if settings.frozen_views else "none"
    base = FrozenBase(training.base, network.origin, network.size, augmentation)

    def features(split: str, views: int) -> CachedFeatures:
        communicator.tell(f"features of the {task.snapshot.splits[split]} images of the {split} split")
        seen = features_of(network, training)
        return cached_features(task.snapshot, split, seen, base, Path(task.features), views=views, ranks=communicator)

    part = {"rank": communicator.rank, "ranks": communicator.ranks}
    train, validation = features(TRAIN, settings.frozen_views), features(VALIDATION, 0)
    return FrozenFeeds(
        feature_feed(train, batch_size=training.batch_size, seed=training.seed, shuffle=True, **part),
        feature_feed(validation, batch_size=ANSWERED_AT_ONCE, seed=0, shuffle=False, **part),
    )


def _feed(
    task: Task, split: str, batch_size: int, communicator: Communicator, seed: int = 0, shuffle: bool = False
) -> Feed:
    return delta_feed(
        task.snapshot,
        split,
        batch_size=batch_size,
        seed=seed,
        rank=communicator.rank,
        ranks=communicator.ranks,
        shuffle=shuffle,
    )


def _compared(task: Task, new: Classifier, outcome: Outcome, communicator: Communicator) -> Compared | None:
    rival = task.rival
    if rival is None:
        return None
    champion = Classifier.from_bytes(rival.classifier)

    def counts(classifier: Classifier) -> Counts:
        feed = _feed(task, TEST, ANSWERED_AT_ONCE, communicator)
        return evaluate(feed, classifier.probabilities, communicator, most=0, unseen=rival.unseen).counts

    # Answered once already where all samples count.
    return Compared(outcome.counts if rival.unseen is None else counts(new), counts(champion))


def _data(snapshot: Snapshot) -> str:
    return f"{snapshot.path} version {snapshot.version} ({snapshot.fingerprint[:16]})"
