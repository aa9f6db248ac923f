from datetime import UTC, datetime

import pytest

from tidemill.sources.files import DeliveredFile
from tidemill.sources.images.labels import WrongLabels, folder_label, idx_label_file, label_lines, missing_files


@pytest.fixture
def labels(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "labels.csv"
        path.write_bytes(text.encode(encoding))
        return f"file://{path}"

    return write


def delivered(*names):
    return [DeliveredFile(f"file:///data/{name}", 1, datetime(2024, 1, 1, tzinfo=UTC)) for name in names]


def test_the_folder_that_an_image_lies_in_is_its_label():
    paths = ["cats/1.png", "test/dogs/2.png", "3.png"]

    assert [folder_label(path) for path in paths] == ["cats", "dogs", None]


def test_labels_by_path_are_read_whatever_else_the_file_has(labels):
    uri = labels('﻿id,Label,path\r\n1,cat,./a.png\r\n\r\n2, dog ,"b, c.png"\r\n1,cat,a.png\r\n')

    assert label_lines(uri) == {"a.png": "cat", "b, c.png": "dog"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("paths,label\na.png,cat\n", r"expected the columns path and label, got paths, label\. Did you mean 'paths'\?"),
        ("", "expected the columns path and label, got nothing"),
        ("path,label\na.png,\n", r"line 2: expected a path and a label, got \['a\.png', ''\]"),
        ("path,label\na.png\n", "line 2: expected a path and a label"),
        ("path,label\na.png,cat\nb.png,dog\na.png,dog\n", "line 4: a.png is 'dog' here and 'cat' before"),
    ],
)
def test_a_file_of_labels_that_is_wrong_says_where(labels, text, told):
    with pytest.raises(WrongLabels, match=rf"labels\.csv: {told}"):
        label_lines(labels(text))


def test_another_encoding_is_told(labels):
    with pytest.raises(WrongLabels, match="expected CSV in UTF-8"):
        label_lines(labels("path,label\nä.png,cat\n", "latin-1"))


def test_labels_of_images_that_are_not_there_are_told():
    told = missing_files({"a.png": "cat", "b.png": "dog", "c.png": "dog"}, ["a.png"], "file:///data/labels.csv")

    assert told == "/data/labels.csv has the labels of 2 images that are not there, such as b.png."
    assert missing_files({"a.png": "cat"}, ["a.png", "z.png"], "file:///data/labels.csv") == ""


def test_an_idx_file_of_images_has_its_labels_beside_it_compressed_or_not():
    images = delivered("train-images-idx3-ubyte.gz")[0]
    found = delivered("t10k-labels-idx1-ubyte", "train-labels-idx1-ubyte")

    assert idx_label_file(images, found) == found[1]
    assert idx_label_file(images, found[:1]) == "/data/train-labels-idx1-ubyte"
