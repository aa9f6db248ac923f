from datetime import UTC, datetime

import pytest

from tidemill.contract.sources import ImagesSource
from tidemill.sources.files import DeliveredFile, MissingSource
from tidemill.sources.images.listing import NoLabels, relative_path, sorted_out

AT = datetime(2024, 1, 1, tzinfo=UTC)


def found(labels, *names, lister=None):
    files = [DeliveredFile(f"file:///data/{name}", 1, AT) for name in names]
    source = ImagesSource(kind="images", path="/data", labels=labels)
    sorted_files = sorted_out(files, source, "shapes", lister or (lambda _: []))
    return [[file.uri.removeprefix("file:///data/") for file in kind] for kind in sorted_files]


def test_what_has_the_name_of_another_kind_of_file_is_no_image():
    images, labels, others = found("folders", "a/1.PNG", "a/2.jpeg", "a/without", "readme.txt", "a/labels.csv")

    assert (images, labels, others) == (["a/1.PNG", "a/2.jpeg", "a/without"], [], ["readme.txt", "a/labels.csv"])


def test_a_file_of_labels_is_looked_for_below_the_folder():
    asked = []

    def lister(place):
        asked.append(place)
        return [DeliveredFile("file:///data/own/labels.csv", 1, AT)]

    images, labels, others = found("own/labels.csv", "1.png", "own/labels.csv", lister=lister)

    assert (images, labels, others) == (["1.png"], ["own/labels.csv"], [])
    assert asked == ["/data/own/labels.csv"]


def test_a_file_of_labels_that_is_not_there_is_told_with_its_place():
    def lister(place):
        raise MissingSource(place)

    with pytest.raises(NoLabels, match=r"shapes: the labels are expected in /data/labels\.csv"):
        found("labels.csv", "1.png", lister=lister)


def test_idx_files_are_told_by_their_names():
    images, labels, others = found("idx", "train-images-idx3-ubyte.gz", "train-labels.idx1-ubyte", "LICENSE")

    assert (images, labels, others) == (["train-images-idx3-ubyte.gz"], ["train-labels.idx1-ubyte"], ["LICENSE"])


@pytest.mark.parametrize(
    ("uri", "path", "relative"),
    [
        ("file:///data/shapes/cats/a%20b.png", "/data/shapes", "cats/a b.png"),
        ("file:///data/shapes/cats/1.png", "/data/shapes/", "cats/1.png"),
        ("file:///data/shapes/cats/1.png", "/data/shapes/*/*.png", "cats/1.png"),
        ("file:///data/shapes/cats/1.png", "/data/sh*/cats", "shapes/cats/1.png"),
        ("file:///data/shapes/1.png", "/data/shapes/1.png", "1.png"),
        ("s3a://bucket/shapes/cats/1.png", "s3a://bucket/shapes", "cats/1.png"),
    ],
)
def test_a_path_is_the_one_below_the_source_s_folder(uri, path, relative):
    assert relative_path(uri, path) == relative
