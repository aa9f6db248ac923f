import pytest

from tidemill.contract.images import Images
from tidemill.ingest.images.duplicates import same_as, with_same

SCHEMA = "path string, sha256 string, phash string, _good boolean, _source string, _position string"


@pytest.fixture
def instead(spark):
    def find(rows, kept=None, **images):
        frame = spark.createDataFrame([(*row, row[0], "1") for row in rows], SCHEMA)
        before = None if kept is None else spark.createDataFrame(kept, "path string, sha256 string, phash string")
        section = Images(size=(8, 8), **images)
        marked = same_as(*with_same(frame, before, section))
        return {row["path"]: row["_instead"] for row in marked.collect() if row["_instead"]}

    return find


ROWS = [
    ("c.png", "x", "00000000000000ff", True),
    ("a.png", "x", "00000000000000ff", True),
    ("b.png", "y", "00000000000000fe", True),
    ("d.png", "z", "00000000000000f0", True),
]


def test_of_the_same_bytes_the_first_path_stays(instead):
    assert instead(ROWS) == {"c.png": "a.png"}


def test_of_the_same_hash_the_first_path_stays(instead):
    rows = [*ROWS, ("e.png", "other bytes", "00000000000000f0", True)]

    assert instead(rows, duplicates="perceptual") == {"c.png": "a.png", "e.png": "d.png"}


def test_few_bits_may_differ_and_those_that_give_way_drive_out_no_other(instead):
    # a-b differ in 1 bit, b-d in 3, a-d in 4.
    found = instead(ROWS, duplicates="perceptual", distance=3)

    assert found == {"b.png": "a.png", "c.png": "a.png"}


def test_an_image_that_silver_has_stays_whatever_its_path(instead):
    kept = [("z.png", "x", "00000000000000ff")]

    assert instead(ROWS, kept) == {"a.png": "z.png", "c.png": "z.png"}
    found = instead(ROWS, kept, duplicates="perceptual", distance=1)
    assert found == {"a.png": "z.png", "b.png": "z.png", "c.png": "z.png"}


def test_an_image_with_another_fault_neither_stays_nor_gives_way(instead):
    rows = [("a.png", "x", "0" * 16, False), ("b.png", "x", "0" * 16, True), ("c.png", "x", None, False)]

    assert instead(rows) == {}
    assert instead(rows, duplicates="perceptual", distance=2) == {}
