"""What checking costs: orders in csv to bronze, silver and quarantine, in processor seconds of the whole process tree.

    make bench NAME=ingest                            all of it: about an hour on two cores
    python benchmarks/ingest.py --parts checks deequ  some of it

checks: with twenty checks against the same job with none (goal: at most 1.25 times).
bare:   with twenty checks against two writes by hand without types refused, quarantine or ledger; for orientation.
deequ:  against the same checks with row-level results by Deequ (goal: less than 1).
scale:  a row of 8 million against one of 1 million, with a driver of 2 GiB (goal: at most 1.1 times).
files:  10,000 files against the same rows in 10, and a second run with nothing new (goals: 1.5 times, 10 seconds).
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from ingestion.deequ import fetch
from ingestion.measuring import Measured, measured
from ingestion.orders import contract, write_orders

MILLION = 1_000_000
REPOSITORY = Path(__file__).parents[1]


class Bench:
    """Runs jobs on generated orders in a folder of its own."""

    def __init__(self, folder: Path, rounds: int, scale: float) -> None:
        self.folder = folder
        self.rounds = rounds
        self.scale = scale
        self._homes = 0

    def orders(self, rows: float, files: int) -> Path:
        """Orders to load, generated once."""
        count = round(rows * self.scale)
        folder = self.folder / f"orders-{count}-{files}"
        if not folder.exists():
            write_orders(folder, count, files)
        return folder

    def home(self) -> Path:
        """A new home."""
        self._homes += 1
        return self.folder / f"home-{self._homes}"

    def run(self, job: str, orders: Path, home: Path | None = None, memory: str = "4g", jars: str = "") -> Measured:
        """Load the orders by a job."""
        submit = f"--driver-memory {memory} {f'--jars {jars}' if jars else ''} pyspark-shell"
        command = [sys.executable, "-m", "ingestion.jobs", job, str(orders), str(home or self.home())]
        paths = f"{REPOSITORY / 'benchmarks'}:{REPOSITORY / 'lib'}"
        taken = measured(command, {"PYSPARK_SUBMIT_ARGS": submit, "PYTHONPATH": paths})
        return _told(job, orders, taken)

    def submit(self, orders: Path, home: Path) -> Measured:
        """Submit the job itself, as a scheduler does."""
        conf = self.folder / "conf"
        if not conf.exists():
            shutil.copytree(REPOSITORY / "conf", conf)
            (conf / "datasets/orders.yaml").write_text(json.dumps(contract(str(orders))))
        submit = str(Path(sys.executable).with_name("spark-submit"))
        command = [submit, str(REPOSITORY / "jobs/ingest.py"), "--home", str(home), "--dataset", "orders"]
        variables = {"TIDEMILL_CONF": str(conf), "PYTHONPATH": str(REPOSITORY / "lib")}
        return _told("submitted", orders, measured(command, variables))


def _told(job: str, orders: Path, taken: Measured) -> Measured:
    print(f"{job:10} {orders.name:24} {taken.cpu_seconds:8.1f} CPU s {taken.wall_seconds:8.1f} s  {taken.said}")
    return taken


def against(bench: Bench, ours: Callable[[], Measured], theirs: Callable[[], Measured]) -> dict[str, Any]:
    """Both sides in turn; the medians of their processor seconds."""
    pairs = [(ours(), theirs()) for _ in range(bench.rounds)]
    own, other = (median(pair[side].cpu_seconds for pair in pairs) for side in (0, 1))
    return {"ratio": round(own / other, 3), "ours": round(own, 1), "theirs": round(other, 1)}


def checks(bench: Bench) -> dict[str, Any]:
    """Twenty checks against none."""
    orders = bench.orders(4 * MILLION, 8)
    return against(bench, lambda: bench.run("checked", orders), lambda: bench.run("unchecked", orders)) | {"goal": 1.25}


def bare(bench: Bench) -> dict[str, Any]:
    """Twenty checks against what a job without any care would cost."""
    orders = bench.orders(4 * MILLION, 8)
    return against(bench, lambda: bench.run("checked", orders), lambda: bench.run("bare", orders)) | {"goal": None}


def deequ(bench: Bench) -> dict[str, Any]:
    """Our checks against Deequ's."""
    orders = bench.orders(4 * MILLION, 8)
    jars = fetch(bench.folder / "deequ")
    return against(bench, lambda: bench.run("checked", orders), lambda: bench.run("deequ", orders, jars=jars)) | {
        "goal": 1.0
    }


def scale(bench: Bench) -> dict[str, Any]:
    """The cost of a row in a large delivery against that in a small one."""
    large, small = bench.orders(8 * MILLION, 16), bench.orders(MILLION, 2)
    found = against(
        bench, lambda: bench.run("checked", large, memory="2g"), lambda: bench.run("checked", small, memory="2g")
    )
    return {**found, "ratio": round(found["ratio"] / 8, 3), "goal": 1.1, "driver_memory": "2g"}


def files(bench: Bench) -> dict[str, Any]:
    """Many small files against few large ones."""
    many, few = bench.orders(MILLION, 10_000), bench.orders(MILLION, 10)
    homes: list[Path] = []

    def many_files() -> Measured:
        homes.append(bench.home())
        return bench.run("checked", many, homes[-1])

    found = against(bench, many_files, lambda: bench.run("checked", few))
    again = bench.submit(many, homes[-1])
    return {**found, "goal": 1.5, "second_run_seconds": round(again.wall_seconds, 1), "second_run_goal": 10}


PARTS = {"checks": checks, "bare": bare, "deequ": deequ, "scale": scale, "files": files}


def main() -> None:
    """Measure the parts that were asked for; the first one is the benchmark's own ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs (3)")
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the rows, to try the benchmark out (1)")
    request = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidemill-bench-") as folder:
        bench = Bench(Path(folder), request.rounds, request.scale)
        detail = {part: PARTS[part](bench) for part in request.parts}
    first = next(iter(detail.values()))
    told = {name: first[name] for name in ("ratio", "goal", "ours", "theirs")}
    print(json.dumps({"bench": "ingest", **told, "unit": "CPU seconds", "detail": detail}))


if __name__ == "__main__":
    main()
