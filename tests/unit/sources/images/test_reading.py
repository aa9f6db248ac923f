import hashlib

import numpy as np
import pytest

from tests.unit.formats.images.idx_files import idx_images, idx_labels, written
from tidemill.contract.images import Images
from tidemill.sources.images.reading import records_of

PIXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
ANY = Images(size=(4, 5), mode="L")


@pytest.fixture
def idx(tmp_path):
    def read(images, labels, section=ANY):
        file = {"uri": written(tmp_path / "x-idx3", images, True), "path": "x-idx3"}
        return list(records_of({**file, "labels": written(tmp_path / "x-idx1", labels, True)}, section))

    return read


def test_an_image_file_is_a_record_with_its_bytes(tmp_path):
    (tmp_path / "1.png").write_bytes(b"abc")
    file = {"uri": f"file://{tmp_path}/1.png", "path": "cats/1.png", "size": 3, "label": "cats"}

    (record,) = records_of(file, ANY)

    assert record[:4] == ("cats/1.png", 3, hashlib.sha256(b"abc").hexdigest(), "cats")
    assert (record.content, record.unread, record.source, record.position) == (
        b"abc",
        None,
        file["uri"],
        "000000000001",
    )


def test_a_file_that_is_too_large_is_not_read():
    file = {"uri": "file:///not/there.png", "path": "there.png", "size": 2001, "label": "cats"}

    (record,) = records_of(file, Images(size=(4, 4), max_bytes=2000))

    assert record.content is None
    assert record.unread == "expected at most 2,000 bytes (images.max_bytes), got 2,001"


def test_each_image_of_an_idx_file_is_a_record_with_its_number_and_label(idx):
    records = idx(idx_images(PIXELS), idx_labels([2, 0, 1]), Images(size=(4, 5), mode="L", classes=["a", "b"]))

    assert [record.label for record in records] == [None, "a", "b"]
    assert [record.content for record in records] == [one.tobytes() for one in PIXELS]
    assert records[1].path == "x-idx3!/000000000002"
    assert (records[2].height, records[2].width, records[2].size) == (4, 5, 20)


def test_without_names_labels_are_their_numbers(idx):
    assert [record.label for record in idx(idx_images(PIXELS), idx_labels([2, 0, 10]))] == ["2", "0", "10"]


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        (idx_images(PIXELS)[:-25], idx_labels([1, 1, 1]), "the file has no more images: it ends after 1 of 3"),
        (idx_images(PIXELS[:1]), idx_labels([1, 1]), "there are 2 labels and 1 images"),
    ],
)
def test_images_that_are_missing_at_the_end_are_one_record_that_says_so(idx, images, labels, told):
    first, missing = idx(images, labels)

    assert (first.unread, missing.content, missing.unread) == (None, None, told)
    assert missing.position == "000000000002"


def test_images_without_labels_have_none(idx):
    assert [record.label for record in idx(idx_images(PIXELS), idx_labels([4]))] == ["4", None, None]
