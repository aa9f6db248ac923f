import errno
import os
import subprocess
import sys

import numpy as np
import pytest

from tidemill.models.images.frozen.shards import FeaturesDamaged, FeaturesNotWritten, opened_array, write_array


def test_an_array_is_read_as_it_was_written(tmp_path):
    for number, values in enumerate([np.arange(12, dtype=np.float32).reshape(4, 3), np.empty((0, 3)), np.arange(5)]):
        path = tmp_path / "folder" / f"{number}.npy"

        write_array(path, values)

        found = opened_array(path, len(values))
        assert (found.dtype, found.shape) == (values.dtype, values.shape)
        assert np.array_equal(found, values)
    assert len(list((tmp_path / "folder").iterdir())) == 3


def test_any_byte_that_changed_is_noticed(tmp_path):
    path = tmp_path / "one.npy"
    write_array(path, np.arange(6, dtype=np.float32).reshape(3, 2))
    whole = path.read_bytes()

    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(FeaturesDamaged) as error:
            opened_array(path, 3)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [0, 1, 50, 128, 140, 150, 183])
def test_a_file_that_was_cut_off_is_noticed(tmp_path, length):
    path = tmp_path / "one.npy"
    write_array(path, np.arange(6, dtype=np.float32).reshape(3, 2))
    whole = path.read_bytes()
    assert len(whole) == 128 + 24 + 32

    path.write_bytes(whole[:length])

    with pytest.raises(FeaturesDamaged):
        opened_array(path, 3)


def test_a_full_disk_keeps_no_part_of_an_array(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FeaturesNotWritten, match=r"No space left on device. Make room, or name another folder"):
        write_array(tmp_path / "one.npy", np.arange(6))

    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_number_of_samples_and_a_missing_one_are_told(tmp_path):
    path = tmp_path / "one.npy"
    with pytest.raises(FeaturesDamaged, match="but there are none"):
        opened_array(path, 3)
    write_array(path, np.zeros((2, 2)))
    with pytest.raises(FeaturesDamaged, match="of 3 samples, but there are 2"):
        opened_array(path, 3)


def test_a_writer_that_is_killed_leaves_what_was_there(tmp_path):
    path = tmp_path / "one.npy"
    write_array(path, np.arange(3))
    code = (
        "import os, signal, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from tidemill.models.images.frozen import shards\n"
        "shards.os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)\n"
        "shards.write_array(Path(sys.argv[1]), np.arange(5))\n"
    )

    ended = subprocess.run([sys.executable, "-c", code, str(path)], timeout=60, check=False)

    assert ended.returncode == -9
    assert opened_array(path, 3).tolist() == [0, 1, 2]
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_writer_left_is_cleared_a_day_later(tmp_path):
    path = tmp_path / "one.npy"
    old, young = tmp_path / ".one.npy.a.part", tmp_path / ".one.npy.b.part"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))

    write_array(path, np.arange(3))

    assert sorted(tmp_path.iterdir()) == sorted([young, path])


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "taken").touch()

    with pytest.raises(FeaturesNotWritten, match="Make room, or name another folder"):
        write_array(tmp_path / "taken" / "one.npy", np.arange(3))
