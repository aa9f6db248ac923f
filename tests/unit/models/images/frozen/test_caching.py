import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from threading import Barrier, Thread

import numpy as np
import pytest

from tests.unit.models.images.tables import silver, some_images, write, write_split
from tidemill.models.images.feeding import delta_feed, pinned
from tidemill.models.images.frozen import FrozenBase, cached_features, feature_feed
from tidemill.models.images.frozen.caching import FeaturesWrong, ViewsWrong
from tidemill.models.images.frozen.features import shards_of
from tidemill.models.images.frozen.shards import FeaturesDamaged

BASE = FrozenBase("tiny", "ab" * 32, 4, "none")
ONE = {"batch_size": 10, "seed": 3, "rank": 0, "ranks": 1, "shuffle": True}


def means(batch, view):
    """Features that tell the image and the view."""
    flat = batch.images.reshape(len(batch.images), -1).astype(np.float32)
    return np.stack([flat.mean(1), flat.std(1) + 1000 * view], axis=1)


class Counting:
    """A base that counts the images that it was given."""

    def __init__(self):
        self.images = 0

    def __call__(self, batch, view):
        self.images += len(batch.images)
        return means(batch, view)


def test_features_are_fed_in_the_order_of_their_images(tmp_path):
    path, _ = write_split(tmp_path / "table", 150)
    snapshot = pinned(path)

    cached = cached_features(snapshot, "train", means, BASE, tmp_path / "cache")

    for ranks in (1, 4):
        order = {**ONE, "rank": ranks - 1, "ranks": ranks}
        features, images = feature_feed(cached, **order), delta_feed(snapshot, "train", **order)
        assert (features.steps, features.samples, features.classes) == (images.steps, images.samples, images.classes)
        for ours, theirs in zip(features.batches(1, 4), images.batches(1, 4), strict=True):
            assert np.array_equal(ours.features, means(theirs, 0))
            assert ours.features.dtype == np.float32
            assert all(np.array_equal(mine, other) for mine, other in zip(ours[1:], theirs[1:], strict=True))


def test_what_was_computed_is_used_again(tmp_path):
    path, _ = write_split(tmp_path / "table", 50)
    base = Counting()

    first = cached_features(pinned(path), "train", base, BASE, tmp_path / "cache")
    again = cached_features(pinned(path), "train", base, BASE, tmp_path / "cache")

    assert base.images == 50
    assert again.folder == first.folder


def test_features_that_nobody_has_used_for_a_month_are_removed(tmp_path):
    path, _ = write_split(tmp_path / "table", 50)
    kept = {
        name: cached_features(pinned(path), "train", means, replace(BASE, base=name), tmp_path / "cache").folder
        for name in ("old", "used")
    }
    for folder in kept.values():
        os.utime(folder / "identity.json", (time.time() - 31 * 24 * 3600,) * 2)

    cached_features(pinned(path), "train", means, replace(BASE, base="used"), tmp_path / "cache")

    assert (kept["old"].exists(), kept["used"].exists()) == (False, True)


@pytest.mark.parametrize(
    "other",
    [
        {"base": "small"},
        {"weights": "cd" * 32},
        {"input_size": 5},
        {"augmentation": "flip"},
        "views",
        "version",
        "split",
    ],
)
def test_features_of_anything_else_are_computed_anew(tmp_path, other):
    images = some_images(20)
    path = write(tmp_path / "table", silver(images, ["a"] * 20, ["train"] * 10 + ["test"] * 10))
    cached_features(pinned(path), "train", means, BASE, tmp_path / "cache")
    if other == "version":
        write(tmp_path / "table", silver(images[:1], ["a"], ["test"]))
    base, kept = Counting(), replace(BASE, **other) if isinstance(other, dict) else BASE

    split, views = "test" if other == "split" else "train", int(other == "views")
    cached_features(pinned(path), split, base, kept, tmp_path / "cache", views=views)

    assert base.images == 10
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_epochs_take_the_augmented_views_in_turn(tmp_path):
    path, _ = write_split(tmp_path / "table", 30)
    cached = cached_features(pinned(path), "train", means, BASE, tmp_path / "cache", views=2)

    feed = feature_feed(cached, **ONE)

    views = [
        {int(value) // 1000 for batch in feed.batches(epoch) for value in batch.features[:, 1]} for epoch in range(4)
    ]
    assert views == [{1}, {2}, {1}, {2}]


def test_features_of_a_shared_row_group_are_those_of_the_split(tmp_path):
    images = some_images(40)
    path = write(tmp_path / "table", silver(images, ["a"] * 40, ["train", "test"] * 20))

    cached = cached_features(pinned(path), "train", means, BASE, tmp_path / "cache")

    [batch] = feature_feed(cached, **{**ONE, "batch_size": 20}).batches(0)
    assert np.array_equal(batch.features[:, 0], images[::2].reshape(20, -1).astype(np.float32).mean(1)[batch.keys])


class Together:
    """Ranks that are threads."""

    def __init__(self, rank, ranks, barrier):
        self.rank, self.ranks, self.barrier = rank, ranks, barrier.wait


def test_ranks_compute_a_part_each_and_read_all(tmp_path):
    path, _ = write_split(tmp_path / "table", 100)
    snapshot, barrier = pinned(path), Barrier(4)
    bases, found = [Counting() for _ in range(4)], {}

    def work(rank):
        ranks = Together(rank, 4, barrier)
        found[rank] = cached_features(snapshot, "train", bases[rank], BASE, tmp_path / "cache", ranks=ranks)

    threads = [Thread(target=work, args=(rank,)) for rank in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(base.images for base in bases) == 100
    assert all(base.images > 0 for base in bases)
    alone = cached_features(snapshot, "train", Counting(), BASE, tmp_path / "alone")
    for cached in found.values():
        assert np.array_equal(np.concatenate(cached.values[0]), np.concatenate(alone.values[0]))


def test_a_rank_whose_share_is_missing_is_noticed(tmp_path):
    path, _ = write_split(tmp_path / "table", 100)

    with pytest.raises(FeaturesDamaged, match="ranks on several hosts need a folder that all of them see"):
        cached_features(pinned(path), "train", means, BASE, tmp_path / "cache", ranks=Together(0, 2, Barrier(1)))


def test_a_damaged_shard_is_computed_again_and_no_other(tmp_path):
    path, _ = write_split(tmp_path / "table", 100)
    first = cached_features(pinned(path), "train", means, BASE, tmp_path / "cache")
    expected = np.concatenate(first.values[0])
    file = first.folder / "view00-00001.npy"
    content = bytearray(file.read_bytes())
    content[150] ^= 255
    file.write_bytes(content)
    base = Counting()

    again = cached_features(pinned(path), "train", base, BASE, tmp_path / "cache")

    shard = again.shards[1]
    assert base.images == shard.end - shard.first
    assert np.array_equal(np.concatenate(again.values[0]), expected)


@pytest.mark.parametrize("killed_after", [0, 20, 73])
def test_a_killed_computation_is_gone_on_with(tmp_path, killed_after):
    path, images = write_split(tmp_path / "table", 80)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.unit.models.images.frozen.test_caching import BASE, means\n"
        "from tidemill.models.images.feeding import pinned\n"
        "from tidemill.models.images.frozen import cached_features\n"
        "left = int(sys.argv[3])\n"
        "def base(batch, view):\n"
        "    global left\n"
        "    left -= len(batch.images)\n"
        "    if left < 0: os.kill(os.getpid(), 9)\n"
        "    return means(batch, view)\n"
        "cached_features(pinned(sys.argv[1]), 'train', base, BASE, Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", code, path, str(tmp_path / "cache"), str(killed_after)]
    assert subprocess.run(command, timeout=60, check=False).returncode == -signal.SIGKILL
    base = Counting()

    cached = cached_features(pinned(path), "train", base, BASE, tmp_path / "cache")

    # A shard is of two row groups of seven; those that were finished are not computed again.
    assert base.images == 80 - killed_after // 14 * 14
    expected = images.reshape(80, -1).astype(np.float32).mean(1)
    assert np.array_equal(np.concatenate(cached.values[0])[:, 0], expected)


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (lambda batch, view: means(batch, view)[:-1], r"float32 \[6, 2\] for 7 images"),
        (lambda batch, view: batch.images, r"uint8 \[7, 4, 3, 1\]"),
        (lambda batch, view: means(batch, view) * np.nan, "infinite or no numbers"),
    ],
)
def test_a_base_that_returns_no_features_is_told(tmp_path, returned, told):
    path, _ = write_split(tmp_path / "table", 20)

    with pytest.raises(FeaturesWrong, match=told):
        cached_features(pinned(path), "train", returned, BASE, tmp_path / "cache")


@pytest.mark.parametrize("views", [-1, 17])
def test_the_number_of_views_is_bounded(tmp_path, views):
    path, _ = write_split(tmp_path / "table", 20)

    with pytest.raises(ViewsWrong, match=r"0 .* to 16 are expected"):
        cached_features(pinned(path), "train", means, BASE, tmp_path / "cache", views=views)


@pytest.mark.parametrize("sizes", [(300,) * 200, (1,), (5, 0, 5), (5000, 10, 10, 3000), (7,) * 9])
def test_shards_hold_every_row_group_once(sizes):
    shards = shards_of(sizes)

    assert [group for shard in shards for group in shard.groups] == list(range(len(sizes)))
    assert [shard.end - shard.first for shard in shards] == [
        sum(sizes[one] for one in shard.groups) for shard in shards
    ]
    assert all(shard.end - shard.first <= 1024 + max(sizes) for shard in shards)
