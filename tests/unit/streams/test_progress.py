"""ops.stream_progress."""

import pytest

from tidemill.streams.progress import TABLE, Progress


def test_a_row_adds_up_its_batches_and_weighs_their_delays(lake):
    progress = Progress(lake, "site", "windows")
    progress.batch(rows=90, seconds=1.5, late=2, quarantined=1, delays=[1.0, 2.0, 3.0])
    progress.batch(rows=10, seconds=0.5, delays=[50.0])
    progress.behind(7)
    progress.flush()
    progress.flush()

    first, second = lake.read(TABLE).orderBy("at").drop("at").collect()
    assert tuple(first) == ("site", "windows", 2, 100, 2, 1, 2.0, 7, 2.0, 50.0)
    assert tuple(second) == ("site", "windows", 0, 0, 0, 0, 0.0, 7, None, None)


@pytest.mark.parametrize(("every", "rows"), [(0.0, 1), (3600.0, 0)])
def test_a_row_is_written_when_it_is_time(lake, every, rows):
    Progress(lake, "site", "windows", every).tick()

    assert (lake.read(TABLE).count() if lake.exists(TABLE) else 0) == rows


def test_a_batch_without_a_reading_in_time_has_rows_and_no_delays(lake):
    progress = Progress(lake, "site", "readings")

    progress.batch(5, 0.5, late=5)
    progress.flush()

    (row,) = lake.read(TABLE).collect()
    assert (row["rows"], row["rows_late"], row["delay_p50"]) == (5, 5, None)
