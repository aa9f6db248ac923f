"""Whatever moment a run dies at, the next one leaves each row exactly once; `make faults` does it thirty times."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.killing import CONTRACT, deliver, in_the_lake, killed, undisturbed_seconds

KILLS = int(os.environ.get("TIDEMILL_KILLS", "3"))
SEED = int(os.environ.get("TIDEMILL_SEED", "20240501"))


@pytest.fixture
def conf(tmp_path):
    folder = tmp_path / "conf"
    shutil.copytree(Path(__file__).parents[2] / "conf", folder)
    (folder / "datasets" / "payments.yaml").write_text(CONTRACT)
    return folder


def test_a_job_killed_at_random_moments_loses_and_doubles_no_row(job, conf, table, capsys):
    job.variables["TIDEMILL_CONF"] = str(conf)
    warm = job.beside("warm")
    deliver(warm.home, 0)
    longest = undisturbed_seconds(lambda: warm("ingest", "--dataset", "payments"))

    rounds = list(killed(lambda: job.start("ingest", "--dataset", "payments"), job.home, KILLS, SEED, longest))
    finished = job("ingest", "--dataset", "payments")

    with capsys.disabled():
        print(
            "\n" + json.dumps({"kills": len(rounds), "seed": SEED, "seconds": rounds, "undisturbed": round(longest, 1)})
        )
    assert finished.status == 0, finished.err
    delivered = sum((deliver(job.beside("again").home, number) for number in range(KILLS)), Counter())
    assert in_the_lake(lambda name: table(job.home, name)) == delivered
    events = [row for row in table(job.home, "ops.run_events") if row["event"] == "committed"]
    assert sum(row["rows_read"] for row in events) == sum(delivered.values())
    assert len({row["run_id"] for row in events}) == len(events)
