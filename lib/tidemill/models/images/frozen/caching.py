"""Features of a frozen base, computed once and kept under what they depend on."""

import json
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from tidemill.errors import RequestWrong, RunFailed
from tidemill.models.images.feeding.assembling import Group
from tidemill.models.images.feeding.batches import Batch
from tidemill.models.images.feeding.petastorm_source import petastorm_source
from tidemill.models.images.feeding.snapshot import Snapshot
from tidemill.models.images.feeding.sources import Source
from tidemill.models.images.frozen.features import CachedFeatures, shards_of
from tidemill.models.images.frozen.shards import FeaturesDamaged, opened_array, write_array, write_text
from tidemill.models.images.settings import MOST_VIEWS

log = structlog.get_logger(__name__)

# The layout of the files; another one has folders of its own.
LAYOUT = 1
IDENTITY = "identity.json"
UNUSED_SECONDS = 30 * 24 * 3600

# From images and the number of the view to their features, floats [n, width]. View 0 is of the images as they are,
# 1 and up are augmented, each in its own way; a sample's augmentation depends on its key and the view alone.
FeaturesOf = Callable[[Batch, int], NDArray[np.floating[Any]]]


class ViewsWrong(RequestWrong):
    """So many augmented views cannot be kept."""

    def __init__(self, views: int) -> None:
        super().__init__(
            f"{views} augmented views of each image cannot be kept: 0 (the images as they are) to {MOST_VIEWS} are "
            "expected. Train on images instead of cached features where every epoch is to differ."
        )


class FeaturesWrong(RunFailed):
    """The base returned something that is no features of the images it was given."""

    def __init__(self, base: str, what: str, images: int) -> None:
        super().__init__(
            f"the base {base} returned {what} for {images} images, where finite floats of the shape [{images}, width] "
            "were expected. Check the weights and how images are prepared for them."
        )


@dataclass(frozen=True)
class FrozenBase:
    """What features depend on besides the data.

    Attributes:
        base: the name of the network.
        weights: sha256 of the file of its weights.
        input_size: the height and width that images are resized to.
        augmentation: how the views are made: steps, strengths, seed; whatever else changes a feature.
    """

    base: str
    weights: str
    input_size: int
    augmentation: str


class Ranks(Protocol):
    """The processes that compute together."""

    @property
    def rank(self) -> int:
        """This one, from 0."""

    @property
    def ranks(self) -> int:
        """How many there are."""

    def barrier(self) -> None:
        """Wait until all are here."""


def cached_features(
    snapshot: Snapshot,
    split: str,
    features_of: FeaturesOf,
    base: FrozenBase,
    folder: Path,
    *,
    views: int = 0,
    batch_size: int = 64,
    ranks: Ranks | None = None,
) -> CachedFeatures:
    """The features of a split, read where they are kept and computed where they are not.

    Each rank computes a part of the shards; a shard is a file that is there as a whole or not at all. So a run that was
    killed is gone on with, and one with other ranks uses what is there. What nobody has used for 30 days is removed.

    Args:
        snapshot: the pinned table.
        split: whose images.
        features_of: the frozen base.
        base: what the features depend on besides the data.
        folder: under which they are kept, in a folder named by all they depend on. All ranks see it.
        views: augmented ones of each image; 0 for the images as they are.
        batch_size: images that the base is given at a time.
        ranks: the processes that call this together; this one alone where none are given.

    Raises:
        ViewsWrong: there are too many views, or fewer than none.
        EmptySplit: the split has no images.
        UnknownLabels: an image has a label that no training image has.
        ImagesDamaged: a file of the table is gone or damaged.
        FeaturesWrong: the base returned something else than features.
        FeaturesNotWritten: the folder cannot be written.
        FeaturesDamaged: another rank's features are not there, or not whole.
    """
    if not 0 <= views <= MOST_VIEWS:
        raise ViewsWrong(views)
    source = petastorm_source(snapshot, split)
    identity = {
        **{"layout": LAYOUT, "table_id": snapshot.table_id, "version": snapshot.version, "split": split},
        **{"fingerprint": snapshot.fingerprint, "classes": snapshot.classes},
        **{"views": views, "batch_size": batch_size, **asdict(base)},
    }
    text = json.dumps(identity, sort_keys=True, indent=1)
    place = folder / sha256(text.encode()).hexdigest()[:32]
    cache = _Cache(place, source, features_of, base, views, batch_size)
    rank, count = (ranks.rank, ranks.ranks) if ranks else (0, 1)
    if rank == 0:
        # Written each time, so that its age tells when the features were used last.
        write_text(place / IDENTITY, text)
        _forget_unused(folder)
    cache.compute(rank, count)
    if ranks:
        ranks.barrier()
    return cache.opened()


def _forget_unused(folder: Path) -> None:
    for identity in folder.glob(f"*/{IDENTITY}"):
        with suppress(FileNotFoundError):
            if time.time() - identity.stat().st_mtime > UNUSED_SECONDS:
                shutil.rmtree(identity.parent, ignore_errors=True)


class _Cache:
    """The files of one split's features."""

    def __init__(
        self, place: Path, source: Source, features_of: FeaturesOf, base: FrozenBase, views: int, batch_size: int
    ) -> None:
        self._place = place
        self._source = source
        self._features_of = features_of
        self._base = base
        self._views = list(range(1, views + 1)) or [0]
        self._batch_size = batch_size
        self._shards = shards_of(source.sizes)
        self._begins = np.cumsum([0, *source.sizes]).tolist()

    def compute(self, rank: int, ranks: int) -> None:
        """Compute this rank's shards that are not whole."""
        missing = [at for at in range(rank, len(self._shards), ranks) if not self._is_whole(at)]
        groups = self._source.read([group for at in missing for group in self._shards[at].groups])
        try:
            for at in missing:
                self._write(at, groups)
                log.info("features_computed", folder=str(self._place), shard=at, shards=len(self._shards), rank=rank)
        finally:
            groups.close()

    def opened(self) -> CachedFeatures:
        """All of them, checked."""
        return CachedFeatures(
            folder=self._place,
            sizes=self._source.sizes,
            classes=self._source.classes,
            views=len(self._views) if self._views != [0] else 0,
            window=self._source.window,
            shards=self._shards,
            labels=[self._open("labels", at) for at in range(len(self._shards))],
            values={
                view: [self._open(f"view{view:02d}", at) for at in range(len(self._shards))] for view in self._views
            },
        )

    def _is_whole(self, at: int) -> bool:
        try:
            for what in ("labels", *(f"view{view:02d}" for view in self._views)):
                self._open(what, at)
        except FeaturesDamaged:
            return False
        return True

    def _write(self, at: int, groups: Generator[Group, None, None]) -> None:
        labels: list[NDArray[np.int64]] = []
        found: dict[int, list[NDArray[np.floating[Any]]]] = {view: [] for view in self._views}
        for number in self._shards[at].groups:
            group = next(groups)
            labels.append(group.labels)
            for begin in range(0, len(group.labels), self._batch_size):
                batch = self._batch(group, self._begins[number], slice(begin, begin + self._batch_size))
                for view in self._views:
                    found[view].append(self._checked(self._features_of(batch, view), len(batch.keys)))
        for view, values in found.items():
            write_array(self._file(f"view{view:02d}", at), np.concatenate(values))
        write_array(self._file("labels", at), np.concatenate(labels))

    def _batch(self, group: Group, first_key: int, rows: slice) -> Batch:
        # A copy, as what was read from a file cannot be written to.
        images, labels = group.values[rows].copy(), group.labels[rows]
        keys = np.arange(first_key, first_key + len(group.labels))[rows]
        return Batch(images, labels, keys, np.zeros_like(keys))

    def _checked(self, features: Any, images: int) -> NDArray[np.floating[Any]]:
        values = np.asarray(features)
        if values.ndim != 2 or len(values) != images or values.dtype.kind != "f":
            raise FeaturesWrong(self._base.base, f"{values.dtype} {list(values.shape)}", images)
        if not np.isfinite(values).all():
            raise FeaturesWrong(self._base.base, "values that are infinite or no numbers", images)
        return values

    def _open(self, what: str, at: int) -> NDArray[Any]:
        shard = self._shards[at]
        return opened_array(self._file(what, at), shard.end - shard.first)

    def _file(self, what: str, at: int) -> Path:
        return self._place / f"{what}-{at:05d}.npy"
