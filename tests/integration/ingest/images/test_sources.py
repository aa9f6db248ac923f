"""What says which image is of which class: folders, a file of labels, IDX files."""

from collections import Counter

import numpy as np
import pytest

from tests.integration.ingest.pictures import contract, later, picture, save
from tests.unit.formats.images.idx_files import idx_images, idx_labels, written
from tidemill.ingest import ingest_batch
from tidemill.lake import Counts
from tidemill.sources.images import NoImages, NoLabels


def test_a_file_of_labels_may_miss_images_and_name_others_and_be_mended_later(spark, lake, landing, silver, reasons):
    own = contract(landing, labels="labels.csv")
    for number in range(4):
        save(landing, f"{number}.png", picture(number))
    (landing / "labels.csv").write_text("path,label\n0.png,cat\n1.png,dog\n2.png,dog\n9.png,dog\n")

    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=4, accepted=3, quarantined=1)
    (note,) = run.result()["notes"]
    assert note.endswith("labels.csv has the labels of 1 images that are not there, such as 9.png.")
    assert reasons().keys() == {("3.png", "image.label")}

    (landing / "labels.csv").write_text("path,label\n0.png,cat\n1.png,cat\n2.png,dog\n3.png,dog\n")
    later(landing / "labels.csv")
    (mended,) = ingest_batch(spark, lake, own)

    assert mended.counts == Counts(read=2, accepted=2)
    assert {path: label for path, (label, _) in silver().items()} == {
        **{"0.png": "cat", "1.png": "cat", "2.png": "dog", "3.png": "dog"},
    }
    assert reasons() == {}
    assert ingest_batch(spark, lake, own) == []


def test_idx_files_tell_their_split_and_a_truncated_one_is_mended_by_the_whole(spark, lake, landing, silver, reasons):
    pixels = np.random.default_rng(1).integers(0, 256, (50, 16, 16), dtype=np.uint8)
    pixels[7] = pixels[3]
    written(landing / "t10k-images-idx3-ubyte.gz", idx_images(pixels[:10]), compressed=True)
    written(landing / "t10k-labels-idx1-ubyte.gz", idx_labels([0, 1] * 5), compressed=True)
    written(landing / "train-images-idx3-ubyte", idx_images(pixels[10:])[: 16 + 256 * 33 + 100])
    written(landing / "train-labels-idx1-ubyte", idx_labels([0, 1] * 20))
    own = contract(
        landing, labels="idx", mode="L", classes=["coat", "shoe"], splits={"test": "t10k-*", "validation": 0.2}
    )

    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=44, accepted=42, quarantined=2)
    assert sorted(reasons()) == [
        ("t10k-images-idx3-ubyte.gz", "image.duplicate"),
        ("train-images-idx3-ubyte", "image.decodes"),
    ]
    assert reasons()["train-images-idx3-ubyte", "image.decodes"].endswith("it ends after 33 of 40")
    counts = Counter(split for _, split in silver().values())
    assert counts == {"test": 9, "validation": 6, "train": 27}
    assert {label for label, _ in silver().values()} == {"coat", "shoe"}

    written(landing / "train-images-idx3-ubyte", idx_images(pixels[10:]))
    (whole,) = ingest_batch(spark, lake, own)

    assert whole.counts == Counts(read=40, accepted=40)
    assert Counter(split for _, split in silver().values()) == {"test": 9, "validation": 8, "train": 32}


def test_a_source_without_images_or_labels_says_what_it_expects(spark, lake, landing):
    with pytest.raises(NoImages, match=f"shapes: no image in {landing}: it has no file"):
        ingest_batch(spark, lake, contract(landing))
    (landing / "a.txt").write_text("")
    with pytest.raises(NoImages, match=r"it has 1 other files, such as file:.*a\.txt"):
        ingest_batch(spark, lake, contract(landing))
    save(landing, "1.png", picture(1))
    with pytest.raises(NoLabels, match=rf"the labels are expected in {landing}/labels\.csv"):
        ingest_batch(spark, lake, contract(landing, labels="labels.csv"))
    written(landing / "train-images-idx3-ubyte", idx_images(np.zeros((2, 16, 16), np.uint8)))
    with pytest.raises(NoLabels, match=rf"the labels are expected in {landing}/train-labels-idx1-ubyte"):
        ingest_batch(spark, lake, contract(landing, labels="idx"))
    assert lake.names() == []
