"""What stands in the way of a dataset's lock."""

import pytest

from tidemill.lake.holding import NotHeld, held


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "home").write_text("a file")

    with (
        pytest.raises(NotHeld, match=r"home/lake/\.locks: .* Not a directory; expected a folder .* --home") as told,
        held(str(tmp_path / "home" / "lake"), "people", "ingest"),
    ):
        pass

    assert "\n" not in str(told.value)


def test_a_fault_of_the_work_is_not_taken_for_one_of_the_lock(tmp_path):
    with pytest.raises(OSError, match="of the work"), held(str(tmp_path), "people", "ingest"):
        raise OSError("of the work")
