"""Ranks begin alike: the same data, the same settings, the same weights."""

from collections.abc import Mapping

from tidemill.errors import RequestWrong, RunFailed
from tidemill.models.images.backends import Communicator
from tidemill.models.images.feeding import Feed
from tidemill.models.images.networks import Network
from tidemill.models.images.settings import TrainingSettings
from tidemill.models.images.training.probing import FrozenFeeds


class RanksDiffer(RequestWrong):
    """Ranks of one training were given different work."""

    def __init__(self, what: str, first: str, rank: int, other: str) -> None:
        super().__init__(
            f"the ranks were given different work: rank 0 has {what} '{first}', rank {rank} has '{other}'. Pin one "
            "version of the data and install the same version of tidemill for all of them."
        )


class NoImages(RequestWrong):
    """A split has no sample."""

    def __init__(self, split: str) -> None:
        super().__init__(
            f"the {split} split has no image. Ingest some, or give it a share under split in the contract."
        )


class OtherFeatures(RequestWrong):
    """Features are fed in other batches than their images."""

    def __init__(self, split: str, what: str, features: int, images: int) -> None:
        super().__init__(
            f"the {split} split's features have {features} {what}, and its images {images}. Feed both from the same "
            "version of the data with the same batch size."
        )


class LossNotFinite(RunFailed):
    """The loss has grown beyond all numbers."""

    def __init__(self, step: int, stage: str) -> None:
        super().__init__(
            f"the loss is no number any more after step {step}, in stage {stage}. Lower its rate, lengthen "
            "training.warm_up, or set training.clip to 1, and begin anew: train_images.py --restart."
        )


class OtherClasses(RequestWrong):
    """The network has another number of classes than the data."""

    def __init__(self, network: int, data: int) -> None:
        super().__init__(
            f"the network tells {network} classes apart, and the data have {data}. Build it for the data's."
        )


def identity_of(
    data: str, train: Feed, validation: Feed, network: Network, settings: TrainingSettings, frozen: FrozenFeeds | None
) -> dict[str, str]:
    """What a training is, by what each part of it is called in errors."""
    probed = ", the head on features" if frozen else ""
    return {
        "data": f"{data}: {train.samples} to train, {validation.samples} to validate, {len(train.classes)} classes",
        "network": network.identity,
        "settings": f"{settings.fingerprint}{probed}",
    }


def require_the_same(
    identity: Mapping[str, str], train: Feed, validation: Feed, network: Network, communicator: Communicator
) -> None:
    """Compare what the ranks were given, on every rank, so that all of them stop where one differs.

    Raises:
        RanksDiffer: two were given different work.
        NoImages: a split is empty.
        OtherClasses: the network is not made for the data.
    """
    mine = {**identity, "a batch size of": str(train.batch_size), "steps an epoch": str(train.steps)}
    all_of_them = communicator.gather(mine)
    for rank, theirs in enumerate(all_of_them):
        for what, first in all_of_them[0].items():
            if theirs[what] != first:
                raise RanksDiffer(what, first, rank, theirs[what])
    for split, feed in (("train", train), ("validation", validation)):
        if not feed.samples:
            raise NoImages(split)
    if network.classes != len(train.classes):
        raise OtherClasses(network.classes, len(train.classes))


def require_features_of(frozen: FrozenFeeds, train: Feed, validation: Feed) -> None:
    """Features must come in the batches of their images.

    Raises:
        OtherFeatures: they do not.
    """
    for split, features, images in (("train", frozen.train, train), ("validation", frozen.validation, validation)):
        for what, found, expected in (
            ("samples", features.samples, images.samples),
            ("steps", features.steps, images.steps),
        ):
            if found != expected:
                raise OtherFeatures(split, what, found, expected)


def begin_alike(network: Network, communicator: Communicator) -> None:
    """Give every rank the weights and statistics of rank 0."""
    communicator.broadcast_([*network.parameters(), *network.buffers()])


def average_statistics(network: Network, communicator: Communicator) -> None:
    """Make each rank's statistics of BatchNorm the mean over the ranks."""
    averages = [each for each in network.buffers() if each.is_floating_point()]
    communicator.sum_(averages)
    for each in averages:
        each.div_(communicator.ranks)
