"""What a short job costs with Spark's kept classes (pyspark/classes.jsa) and without them.

    make bench NAME=start      about five minutes on two cores

Each side submits the same jobs through spark-submit, in turn: one that looks at a file of three rows and writes no
table, and one that takes it into bronze, silver and quarantine of a new lake. `theirs` is Spark without the
archive, as it starts for a class path of one's own. Processor seconds are of the whole process tree.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from ingestion.measuring import Measured, measured

from tidemill.demo.runner import COMPILED_QUICKLY, QUICK_START

ROOT = Path(__file__).parents[1]
WITHOUT = ("--driver-class-path", os.devnull)
JOBS = {"looked at": ("--dry-run",), "taken": ()}
CUSTOMERS = """customer_id;churn;tenure;contract;monthly_charges;total_charges;signed_up_at
0001-AAAAA;No;12;One year;20.50;246.00;2017-09-01 00:00:00
0002-BBBBB;Yes;1;Month-to-month;70.00;70.00;2018-08-01 00:00:00
no-id;No;5;Two year;30.00;150.00;2018-04-01 00:00:00
"""


def submitted(home: Path, options: tuple[str, ...], arguments: tuple[str, ...]) -> Measured:
    """Submit ingest.py on a home."""
    command = [str(Path(sys.executable).with_name("spark-submit")), "--driver-java-options", COMPILED_QUICKLY]
    job = [str(ROOT / "jobs/ingest.py"), "--home", str(home), "--dataset", "telco_customers", *arguments]
    return measured([*command, *QUICK_START, *options, *job], {"TIDEMILL_CONF": str(ROOT / "conf")})


def both(home: Path, options: tuple[str, ...]) -> list[Measured]:
    """Both jobs, one after the other on a home of their own."""
    landing = home / "landing" / "telco_customers"
    landing.mkdir(parents=True)
    (landing / "customers.csv").write_text(CUSTOMERS)
    return [submitted(home, options, arguments) for arguments in JOBS.values()]


def main() -> None:
    """Measure both sides in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2, help="of both sides; the medians are told (2)")
    rounds = range(parser.parse_args().rounds)
    with tempfile.TemporaryDirectory() as work:
        pairs = [(both(Path(work) / f"ours-{at}", ()), both(Path(work) / f"theirs-{at}", WITHOUT)) for at in rounds]
    for place, job in enumerate(JOBS):
        for unit in ("cpu_seconds", "wall_seconds"):
            ours, theirs = (median(getattr(pair[side][place], unit) for pair in pairs) for side in (0, 1))
            told = {"job": job, "of": unit, "ratio": round(ours / theirs, 3), "ours": round(ours, 1)}
            print(json.dumps({**told, "theirs": round(theirs, 1)}))


if __name__ == "__main__":
    main()
