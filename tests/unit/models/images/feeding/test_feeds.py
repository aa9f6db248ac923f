import numpy as np
import pytest

from tests.unit.models.images.feeding.watched import ONE, damage, readers
from tests.unit.models.images.tables import SHAPE, silver, some_images, write, write_split
from tidemill.models.images.feeding import Batch, delta_feed, memory_feed, petastorm_source, pinned
from tidemill.models.images.feeding.batches import BatchSizeWrong, RanksWrong, StepWrong
from tidemill.models.images.feeding.feeds import Order, PlannedFeed
from tidemill.models.images.feeding.petastorm_source import ImagesDamaged
from tidemill.models.images.feeding.sources import memory_source


def same(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        for values, expected in zip(mine, other, strict=True):
            assert values.dtype == expected.dtype
            assert np.array_equal(values, expected)


def in_memory(snapshot, images, labels, split, **order):
    sizes = [group.rows[split] for group in snapshot.groups if group.rows.get(split)]
    return PlannedFeed(memory_source(images, labels, snapshot.classes, sizes), Batch, Order(**order), depth=0)


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_table_is_fed_in_the_order_of_the_same_images_in_memory(tmp_path, shuffle):
    path, images = write_split(tmp_path, 100)
    snapshot = pinned(path)
    order = {**ONE, "shuffle": shuffle}

    feed = delta_feed(snapshot, "train", **order)

    labels = np.arange(100) % 2
    for epoch in range(2):
        same(feed.batches(epoch), in_memory(snapshot, images, labels, "train", **order).batches(epoch))


def test_several_decoders_keep_the_order(tmp_path, monkeypatch):
    path, images = write_split(tmp_path, 2000, rows_a_group=5)
    snapshot = pinned(path)
    order = {**ONE, "shuffle": False}
    monkeypatch.setattr(petastorm_source, "SMALL_IMAGE", 1)
    monkeypatch.setattr(petastorm_source.os, "cpu_count", lambda: 6)

    batches = delta_feed(snapshot, "train", **order).batches(0)

    first = next(batches)
    assert len(readers()) >= 4
    same([first, *batches], in_memory(snapshot, images, np.arange(2000) % 2, "train", **order).batches(0))
    assert not readers()


def test_a_key_names_the_same_image_in_every_epoch(tmp_path):
    path, images = write_split(tmp_path, 53)
    feed = delta_feed(pinned(path), "train", **ONE)

    for batch in (batch for epoch in range(3) for batch in feed.batches(epoch)):
        assert np.array_equal(batch.images, images[batch.keys])
        assert np.array_equal(batch.labels, batch.keys % 2)


def test_batches_are_arrays_that_a_tensor_can_be_made_of(tmp_path):
    path, _ = write_split(tmp_path, 23)
    feed = delta_feed(pinned(path), "train", **ONE)

    batches = list(feed.batches(0))

    assert (feed.samples, feed.steps, feed.batch_size, feed.classes) == (23, 3, 10, ("a", "b"))
    assert [batch.images.shape for batch in batches] == [(10, *SHAPE), (10, *SHAPE), (3, *SHAPE)]
    for batch in batches:
        assert (batch.images.dtype, batch.labels.dtype, batch.keys.dtype) == (np.uint8, np.int64, np.int64)
        assert all(values.flags.c_contiguous and values.flags.writeable for values in batch)


def test_ranks_share_each_global_batch(tmp_path):
    path, _ = write_split(tmp_path, 101)
    snapshot = pinned(path)
    whole = [batch.keys for batch in delta_feed(snapshot, "train", **ONE).batches(1)]

    for ranks in (2, 4, 8):
        feeds = [delta_feed(snapshot, "train", **{**ONE, "rank": rank, "ranks": ranks}) for rank in range(ranks)]
        parts = [[batch.keys for batch in feed.batches(1)] for feed in feeds]

        assert {feed.steps for feed in feeds} == {len(part) for part in parts} == {11}
        for step, keys in enumerate(whole):
            assert sorted(np.concatenate([part[step] for part in parts])) == sorted(keys)


def test_a_rank_without_a_sample_in_a_batch_gets_an_empty_part(tmp_path):
    path, _ = write_split(tmp_path, 9)
    feed = delta_feed(pinned(path), "train", **{**ONE, "batch_size": 8, "rank": 7, "ranks": 8})

    assert [len(batch.keys) for batch in feed.batches(0)] == [1, 0]
    assert [batch.images.shape for batch in feed.batches(0)] == [(1, *SHAPE), (0, *SHAPE)]


def test_an_epoch_goes_on_at_a_step(tmp_path):
    path, _ = write_split(tmp_path, 100)
    feed = delta_feed(pinned(path), "train", **ONE)
    whole = list(feed.batches(2))

    for step in (0, 1, 6, 10):
        same(feed.batches(2, step), whole[step:])
    with pytest.raises(StepWrong, match="cannot begin at step 11"):
        feed.batches(2, 11)


@pytest.mark.parametrize("split", ["train", "test", "validation"])
def test_a_split_that_shares_files_and_row_groups_with_others_is_fed_alone(tmp_path, split):
    splits = np.random.default_rng(0).choice(["train", "test", "validation"], 60).tolist()
    splits[30:50] = ["test"] * 20
    images, labels = some_images(60), [f"class {one % 3}" for one in range(60)]
    snapshot = pinned(write(tmp_path, silver(images, labels, splits)))

    batches = list(delta_feed(snapshot, split, **ONE).batches(0))

    mine = np.array([one == split for one in splits])
    keys = np.concatenate([batch.keys for batch in batches])
    assert sorted(keys) == list(range(mine.sum()))
    assert np.array_equal(np.concatenate([batch.images for batch in batches]), images[mine][keys])
    assert np.array_equal(np.concatenate([batch.labels for batch in batches]), (np.arange(60) % 3)[mine][keys])


def test_row_groups_of_other_splits_are_not_read(tmp_path):
    images = some_images(21)
    path = write(tmp_path, silver(images, ["a"] * 21, ["test"] * 14 + ["train"] * 7))
    snapshot = pinned(path)
    damage(tmp_path, snapshot.groups[0])

    [batch] = delta_feed(snapshot, "train", **ONE).batches(0)

    assert np.array_equal(batch.images, images[14:][batch.keys])
    with pytest.raises(ImagesDamaged):
        list(delta_feed(snapshot, "test", **ONE).batches(0))


def test_a_table_partitioned_by_split_and_label_is_fed(tmp_path):
    images = some_images(30)
    labels = ["T-shirt/top", "a b", "ü=1"] * 10
    path = write(tmp_path, silver(images, labels, ["train"] * 30), partition_by=["split", "label"])

    batches = list(delta_feed(pinned(path), "train", **ONE).batches(0))

    told = {
        image.tobytes(): label for batch in batches for image, label in zip(batch.images, batch.labels, strict=True)
    }
    assert told == {image.tobytes(): one % 3 for one, image in enumerate(images)}


def test_a_version_is_fed_as_it_was_after_newer_ones(tmp_path):
    path, images = write_split(tmp_path, 20)
    snapshot = pinned(path)
    write(tmp_path, silver(some_images(5, first=90), ["a"] * 5, ["train"] * 5))

    batches = list(delta_feed(snapshot, "train", **ONE).batches(0))

    assert np.array_equal(
        np.concatenate([one.images for one in batches]), images[np.concatenate([one.keys for one in batches])]
    )


@pytest.mark.parametrize(("count", "batch_size"), [(1, 1), (1, 50), (3, 2), (8, 8)])
def test_few_samples_are_fed(tmp_path, count, batch_size):
    path, _ = write_split(tmp_path, count)
    feed = delta_feed(pinned(path), "train", **{**ONE, "batch_size": batch_size})

    assert sorted(key for batch in feed.batches(0) for key in batch.keys) == list(range(count))


@pytest.mark.parametrize(("rank", "ranks"), [(0, 3), (0, 16), (2, 2), (-1, 2), (0, 0)])
def test_ranks_that_the_lanes_cannot_be_dealt_to_are_refused(rank, ranks):
    with pytest.raises(RanksWrong, match="go evenly to 1, 2, 4, 8 ranks"):
        memory_feed(some_images(4), np.zeros(4, np.int64), ["a"], **{**ONE, "rank": rank, "ranks": ranks})


def test_more_ranks_are_fed_from_more_lanes(tmp_path):
    path, _ = write_split(tmp_path, 50)
    order = {**ONE, "ranks": 16, "lanes": 16}

    feeds = [delta_feed(pinned(path), "train", **{**order, "rank": rank}) for rank in range(16)]

    keys = [key for feed in feeds for batch in feed.batches(0) for key in batch.keys]
    assert sorted(keys) == list(range(50))


def test_an_empty_batch_is_refused():
    with pytest.raises(BatchSizeWrong, match="Set batch_size to 1 or more"):
        memory_feed(some_images(4), np.zeros(4, np.int64), ["a"], **{**ONE, "batch_size": 0})
