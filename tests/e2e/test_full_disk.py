"""A disk that is full within a run, and what the run leaves when there is room again."""

import json
import random
import shutil
from collections import Counter

import pytest

from tests.e2e.conftest import REPOSITORY
from tests.services.small_disk import small_disk

CONTRACT = """
name: notes
version: 1
source: {kind: files, path: "${landing}/notes"}
columns:
  id:   {type: int, required: true, min: 10}
  note: {type: string}
"""
ROWS = 4000


@pytest.fixture
def delivered(job, tmp_path) -> Counter[tuple[str, str]]:
    """Rows that hardly compress, outside of the home: about 1.6 MB in each of bronze and silver."""
    words = random.Random(1)
    rows = [(str(number), words.randbytes(200).hex()) for number in range(ROWS)]
    landing = tmp_path / "landing" / "notes"
    landing.mkdir(parents=True)
    (landing / "a.csv").write_text("id,note\n" + "".join(f"{number},{note}\n" for number, note in rows))
    conf = tmp_path / "conf"
    shutil.copytree(REPOSITORY / "conf", conf)
    (conf / "datasets" / "notes.yaml").write_text(CONTRACT)
    job.variables["TIDEMILL_CONF"] = str(conf)
    return Counter(rows)


def rows_of(table, home) -> Counter[tuple[str, str]]:
    refused = [json.loads(row["_record"]) for row in table(home, "quarantine.notes")]
    return Counter((str(row["id"]), row["note"]) for row in [*table(home, "silver.notes"), *refused])


def test_a_run_on_a_full_disk_ends_in_one_line_and_is_finished_once_there_is_room(job, delivered, table, tmp_path):
    job.home.mkdir()
    landing = f"landing={tmp_path / 'landing'}"
    with small_disk(job.home, "500k") as disk:
        job.prefix = disk.prefix
        full = {}
        for layer, size in (("bronze", "500k"), ("silver", "3m")):
            disk.resize(size)
            full[layer] = job("ingest", "--dataset", "notes", "--set", landing)
        left = disk.copy(tmp_path / "left")
        disk.resize("64m")
        finished = job("ingest", "--dataset", "notes", "--set", landing)
        home = disk.copy(tmp_path / "seen")

    for ended in full.values():
        assert (ended.status, ended.out) == (1, "")
        assert len(ended.err.strip().splitlines()) == 1
        assert ended.err.startswith("ingest: the disk is full: No space left on device")
        assert str(job.home) in ended.err
        assert "free some space and run it again" in ended.err
    assert (left / "lake/bronze/notes/_delta_log" / f"{0:020}.json").exists()
    assert not (left / "lake/silver/notes/_delta_log" / f"{0:020}.json").exists()
    assert finished.status == 0, finished.err
    assert [run["rows_read"] for run in finished.result["runs"]] == [ROWS]
    assert rows_of(table, home) == delivered
    assert Counter((row["id"], row["note"]) for row in table(home, "bronze.notes")) == delivered
