from collections import Counter
from hashlib import sha256

import pytest

from tidemill.contract.images import Splits
from tidemill.ingest.images.splits import with_split

SCHEMA = "image_id string, path string, label string"


def images(label, count, first=0, folder=""):
    names = [f"{folder}{label}/{number:04}.png" for number in range(first, first + count)]
    return [(sha256(name.encode()).hexdigest(), name, label) for name in names]


@pytest.fixture
def divided(spark):
    def divide(rows, splits, before=None, partitions=1):
        frame = spark.createDataFrame(rows, SCHEMA).repartition(partitions)
        kept = None if before is None else spark.createDataFrame(before, "path string, label string, split string")
        found = with_split(frame, kept, splits).collect()
        return {row["path"]: (row["label"], row["split"], row["_of_class"]) for row in found}

    return divide


def counts(found):
    return Counter((label, split) for label, split, _ in found.values())


def test_each_class_is_divided_by_the_shares_and_keeps_one_image_to_train(divided):
    rows = [*images("many", 40), *images("few", 3), *images("two", 2), *images("one", 1)]

    found = divided(rows, Splits(validation=0.25, test=0.25))

    assert counts(found) == {
        **{("many", "train"): 20, ("many", "validation"): 10, ("many", "test"): 10},
        **{("few", "train"): 1, ("few", "validation"): 1, ("few", "test"): 1},
        **{("two", "train"): 1, ("two", "test"): 1},
        ("one", "train"): 1,
    }
    assert {label: of_class for label, _, of_class in found.values()} == {"many": 40, "few": 3, "two": 2, "one": 1}


def test_order_and_partitions_change_nothing_and_another_seed_everything(divided):
    rows = images("a", 60)

    found = divided(rows, Splits(seed=1))

    assert divided(rows[::-1], Splits(seed=1), partitions=4) == found
    assert divided(rows, Splits(seed=2)) != found


def test_a_pattern_of_paths_comes_before_a_share_of_the_rest(divided):
    rows = [*images("a", 10, folder="test/"), *images("a", 20, folder="rest/")]

    found = divided(rows, Splits(test="test/*", validation=0.1))

    assert counts(found) == {("a", "test"): 10, ("a", "validation"): 2, ("a", "train"): 18}
    assert {path for path, (_, split, _) in found.items() if split == "test"} == {path for _, path, _ in rows[:10]}


def test_a_later_delivery_brings_each_split_to_its_share_of_the_whole(divided):
    splits = Splits(validation=0.2, test=0.2)
    first = divided(images("a", 10), splits)
    before = [(path, label, split) for path, (label, split, _) in first.items()]

    later = divided(images("a", 15, first=10), splits, before)

    assert counts(first) + counts(later) == {("a", "train"): 15, ("a", "validation"): 5, ("a", "test"): 5}
    assert {of_class for _, _, of_class in later.values()} == {25}


def test_an_image_that_comes_again_keeps_its_split(spark, divided):
    rows, splits = images("a", 20), Splits(validation=0.2, test=0.2)
    first = divided(rows, splits)
    again = spark.createDataFrame([(row[0], first[row[1]][1]) for row in rows[:8]], "image_id string, split string")
    delivered = spark.createDataFrame([*rows[:8], *images("a", 4, first=20)], SCHEMA)

    found = {row["path"]: row["split"] for row in with_split(delivered, None, splits, again).collect()}

    assert {path: found[path] for _, path, _ in rows[:8]} == {path: first[path][1] for _, path, _ in rows[:8]}
    assert len(found) == 12


def test_single_images_that_come_one_by_one_are_divided_too(divided):
    splits, before = Splits(validation=0.25, test=0.25), []

    for number in range(8):
        found = divided(images("a", 1, first=number), splits, before)
        before += [(path, label, split) for path, (label, split, _) in found.items()]

    assert Counter(split for _, _, split in before) == {"train": 4, "validation": 2, "test": 2}
