"""Kill ingest.py at random moments, run it again, and hold what is in the lake against what was delivered."""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

CONTRACT = """
name: payments
version: 1
source: {kind: files, path: "${landing}/payments"}
columns:
  id:     {type: int, required: true}
  amount: {type: "decimal(10,2)", min: 0}
"""
ROWS = 200


class Round(NamedTuple):
    """A delivery whose run was killed: after how many seconds, and whether it had ended by then."""

    after: float
    ended: bool


def deliver(home: Path, number: int) -> Counter[str]:
    """Write one file of payments, every tenth with an amount that is refused; return its rows."""
    folder = home / "landing" / "payments"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{number * ROWS + place},{'-1.00' if place % 10 == 0 else f'{place}.50'}" for place in range(ROWS)]
    # A row that stands twice in its file is two rows of an appended table.
    rows.append(rows[-1])
    hidden = folder / f".{number}.csv"
    hidden.write_text("\n".join(["id,amount", *rows]) + "\n")
    hidden.rename(folder / f"{number}.csv")
    return Counter(rows)


def killed(
    start: Callable[[], subprocess.Popen[str]], home: Path, kills: int, seed: int, longest: float
) -> Iterator[Round]:
    """For each kill deliver a file, start a run, and kill it with all its processes at a random moment.

    Args:
        start: starts the job in a process group of its own.
        home: its home.
        kills: how many.
        seed: of the moments.
        longest: seconds that an undisturbed run takes.
    """
    moments = random.Random(seed)
    for number in range(kills):
        deliver(home, number)
        process = start()
        after = moments.uniform(0, longest)
        try:
            process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        yield Round(round(after, 1), process.returncode == 0)


def in_the_lake(table: Callable[[str], list[dict[str, Any]]]) -> Counter[str]:
    """The rows of silver and quarantine, written as they were delivered."""
    accepted = [f"{row['id']},{row['amount']}" for row in table("silver.payments")]
    refused = [json.loads(row["_record"]) for row in table("quarantine.payments")]
    return Counter([*accepted, *(f"{row['id']},{row['amount']}" for row in refused)])


def undisturbed_seconds(run: Callable[[], Any]) -> float:
    """How long a run takes."""
    begun = time.monotonic()
    run()
    return time.monotonic() - begun
