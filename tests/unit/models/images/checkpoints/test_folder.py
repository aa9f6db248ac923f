import errno

import pytest
import torch

from tidemill.models.images.checkpoints import CheckpointFolder, CheckpointNotWritten, OtherCheckpoint

MINE = {"data": "silver.shapes 3", "network": "small_cnn", "settings": "abc"}


@pytest.fixture
def folder(tmp_path):
    return CheckpointFolder(tmp_path / "shapes", "silver.shapes 3")


def written(folder, *steps, newest=3):
    return [folder.keep(step, MINE, {"step": step, "weights": torch.full((100,), step)}, newest) for step in steps]


def test_the_newest_checkpoint_is_found_with_all_that_it_holds(folder):
    written(folder, 1, 2)

    found, broken = folder.newest(MINE)

    assert found.step == 2 and broken == ()
    assert torch.equal(found.state["weights"], torch.full((100,), 2))


def test_an_empty_folder_has_none(folder):
    assert folder.newest(MINE) == (None, ())


def test_the_last_so_many_are_kept(folder):
    written(folder, 1, 2, 3, 4, newest=2)

    assert [path.name for path in sorted(folder.folder.iterdir())] == ["step-000000003.checkpoint",
                                                                       "step-000000004.checkpoint"]  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_one_that_was_cut_off_gives_way_to_the_one_before_it(folder, share):
    _, last = written(folder, 1, 2)
    content = last.read_bytes()
    last.write_bytes(content[: int(len(content) * share)])

    found, broken = folder.newest(MINE)

    assert found.step == 1 and broken == (last.name,)


@pytest.mark.parametrize("place", [3, 30, 200, -1])
def test_a_changed_bit_is_noticed(folder, place):
    _, last = written(folder, 1, 2)
    content = bytearray(last.read_bytes())
    content[place] ^= 1
    last.write_bytes(content)

    assert folder.newest(MINE).found.step == 1


def test_a_training_begins_anew_where_all_are_broken(folder):
    paths = written(folder, 1, 2)
    for path in paths:
        path.write_bytes(b"")

    assert folder.newest(MINE) == (None, tuple(path.name for path in reversed(paths)))


def test_broken_ones_do_not_count_among_those_that_stay(folder):
    for path in written(folder, 100, 150, 200):
        path.write_bytes(b"")
    folder.newest(MINE)

    written(folder, 10, 20)

    assert folder.newest(MINE).found.step == 20


def test_a_full_disk_keeps_no_part_of_a_checkpoint(folder, monkeypatch):
    written(folder, 1)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointNotWritten, match="No space left on device"):
        written(folder, 2)

    assert [path.name for path in folder.folder.iterdir()] == ["step-000000001.checkpoint"]


def test_what_a_killed_writer_left_is_no_checkpoint_and_goes_away(folder):
    written(folder, 1)
    left = folder.folder / ".step-000000002.checkpoint.0.unfinished"
    left.write_bytes(b"half")

    assert folder.newest(MINE).found.step == 1
    written(folder, 2)
    assert not left.exists()


@pytest.mark.parametrize("what", MINE)
def test_a_checkpoint_of_another_training_is_refused(folder, what):
    written(folder, 1)

    with pytest.raises(OtherCheckpoint, match=rf"its {what} is '{MINE[what]}', but 'other' was expected.*--restart"):
        folder.newest({**MINE, what: "other"})


def test_a_restart_puts_what_is_there_away(folder, tmp_path):
    written(folder, 1)
    anew = CheckpointFolder(tmp_path / "shapes", "silver.shapes 3", restart=True)

    assert anew.newest({**MINE, "settings": "other"}) == (None, ())
    assert folder.newest(MINE) == (None, ())


def test_a_folder_that_takes_no_file_is_named(tmp_path):
    (tmp_path / "shapes").write_text("not a folder")

    with pytest.raises(CheckpointNotWritten, match="shapes"):
        written(CheckpointFolder(tmp_path / "shapes", "silver.shapes 3"), 1)
