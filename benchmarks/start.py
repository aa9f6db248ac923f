"""What a short job costs with Spark's kept classes (pyspark/classes.jsa) and without them.

    make bench NAME=start [...]      about two minutes on two cores

Each side submits the same jobs through spark-submit, in turn: one that is refused once Spark has started (a folder that
is not there), and one that takes a small file into bronze, silver and quarantine of a new lake. `theirs` is Spark as it
starts without the archive, as it does for a class path of one's own. Processor seconds are of the whole process tree.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tidemill.demo.runner import COMPILED_QUICKLY, QUICK_START

ROOT = Path(__file__).parents[1]
WITHOUT = ("--driver-class-path", os.devnull)
CUSTOMERS = """customer_id;churn;tenure;contract;monthly_charges;total_charges;signed_up_at
0001-AAAAA;No;12;One year;20.50;246.00;2017-09-01 00:00:00
0002-BBBBB;Yes;1;Month-to-month;70.00;70.00;2018-08-01 00:00:00
no-id;No;5;Two year;30.00;150.00;2018-04-01 00:00:00
"""


def submitted(home: Path, options: tuple[str, ...], status: int) -> dict[str, float]:
    """Processor and wall seconds of one job on a home.

    Raises:
        RuntimeError: it ended with another status; says its last line.
    """
    command = [str(Path(sys.executable).with_name("spark-submit")), "--driver-java-options", COMPILED_QUICKLY]
    job = ["jobs/ingest.py", "--dataset", "telco_customers", "--home", str(home)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ended = subprocess.run(
        [*command, *QUICK_START, *options, *job], cwd=ROOT, check=False, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode != status:
        raise RuntimeError(f"the job ended with status {ended.returncode}: {ended.stderr.strip()[-300:]}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"processor": processor, "wall": time.monotonic() - began}


def measured(folder: Path, options: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Both jobs, each on a home of its own."""
    landing = folder / "taken" / "landing" / "telco_customers"
    landing.mkdir(parents=True)
    (landing / "customers.csv").write_text(CUSTOMERS)
    refused = submitted(folder / "refused", options, status=1)
    return {"refused": refused, "taken": submitted(folder / "taken", options, status=0)}


def main() -> None:
    """Measure both sides in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2, help="of both sides; the median is told (2)")
    rounds = parser.parse_args().rounds
    found: dict[str, list[dict[str, dict[str, float]]]] = {"ours": [], "theirs": []}
    with tempfile.TemporaryDirectory() as work:
        for turn in range(rounds):
            for side, options in (("ours", ()), ("theirs", WITHOUT)):
                found[side].append(measured(Path(work) / f"{side}-{turn}", options))
    for job in ("refused", "taken"):
        for unit in ("processor", "wall"):
            ours, theirs = (median(each[job][unit] for each in found[side]) for side in ("ours", "theirs"))
            print(json.dumps({"job": job, "seconds": unit, "ours": ours, "theirs": theirs, "ratio": ours / theirs}))


if __name__ == "__main__":
    main()
