"""Feeds of damaged tables, and feeds that are left before their end."""

import subprocess
import sys
import threading
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.models.images.feeding.watched import ONE, damage, readers
from tests.unit.models.images.tables import silver, some_images, write, write_split
from tidemill.models.images.feeding import delta_feed, pinned
from tidemill.models.images.feeding.petastorm_source import ImagesDamaged


def test_a_damaged_row_group_is_told_after_the_batches_before_it(tmp_path, capfd):
    path, _ = write_split(tmp_path, 70)
    snapshot = pinned(path)
    damage(tmp_path, snapshot.groups[9])
    feed = delta_feed(snapshot, "train", **{**ONE, "shuffle": False, "batch_size": 8})
    batches = feed.batches(0)

    with pytest.raises(ImagesDamaged, match="row group 9, cannot be read") as error:
        list(batches)

    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""
    assert not readers()


def test_a_file_that_was_vacuumed_is_told(tmp_path):
    path, _ = write_split(tmp_path, 20)
    snapshot = pinned(path)
    (tmp_path / snapshot.groups[0].file).unlink()

    with pytest.raises(ImagesDamaged, match="If it was vacuumed, pin a newer version"):
        list(delta_feed(snapshot, "train", **ONE).batches(0))


def test_images_of_another_size_than_their_row_says_are_told(tmp_path):
    table = silver(some_images(20), ["a"] * 20, ["train"] * 20)
    pixels = table["pixels"].to_pylist()
    pixels[4] = b"short"
    path = write(tmp_path, table.set_column(3, "pixels", pa.array(pixels, pa.binary())))

    with pytest.raises(ImagesDamaged, match="an image of 5 bytes, where 12 were expected"):
        list(delta_feed(pinned(path), "train", **ONE).batches(0))


def test_an_image_that_is_missing_is_told(tmp_path):
    table = silver(some_images(20), ["a"] * 20, ["train"] * 20)
    pixels = [None, *table["pixels"].to_pylist()[1:]]
    path = write(tmp_path, table.set_column(3, "pixels", pa.array(pixels, pa.binary())))

    with pytest.raises(ImagesDamaged, match="an image of None bytes"):
        list(delta_feed(pinned(path), "train", **ONE).batches(0))


@pytest.mark.parametrize("leave", ["break", "raise", "close"])
def test_threads_end_when_the_loop_is_left(tmp_path, leave):
    path, _ = write_split(tmp_path, 400, rows_a_group=5)
    feed = delta_feed(pinned(path), "train", **{**ONE, "batch_size": 4})

    def loop():
        batches = feed.batches(0)
        for step, _ in enumerate(batches):
            if step == 3 and leave == "raise":
                raise ZeroDivisionError
            if step == 3 and leave == "break":
                break
            if step == 3:
                batches.close()

    with suppress(ZeroDivisionError):
        loop()

    assert not readers()


def test_a_process_that_ends_in_the_middle_of_an_epoch_ends_cleanly(tmp_path):
    path, _ = write_split(tmp_path, 400, rows_a_group=5)
    code = (
        "import sys\n"
        "from tidemill.models.images.feeding import delta_feed, pinned\n"
        "order = dict(batch_size=4, seed=1, rank=0, ranks=1, shuffle=True)\n"
        "batches = delta_feed(pinned(sys.argv[1]), 'train', **order).batches(0)\n"
        "next(batches)\n"
        "raise SystemExit(7)\n"
    )

    ended = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=90, check=False)

    assert (ended.returncode, ended.stderr) == (7, "")


def test_only_some_row_groups_are_decoded_ahead_of_a_loop_that_waits(tmp_path, monkeypatch):
    path, _ = write_split(tmp_path, 4000, rows_a_group=5)
    decoded = []
    read = pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile, "read_row_group", lambda *given, **named: decoded.append(1) or read(*given, **named)
    )
    feed = delta_feed(pinned(path), "train", **{**ONE, "batch_size": 8, "shuffle": False})

    batches = feed.batches(0)
    next(batches)
    threading.Event().wait(0.3)

    # Of 800: those of three blocks of batches, those that wait decoded, and what each lane has under way.
    assert len(decoded) < 3 * 8 * 8 / 5 + 16 + 8 + 3
    batches.close()
    assert not readers()
