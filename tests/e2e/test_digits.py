"""Pictures as a user brings them: spark-submit jobs/ingest.py --dataset digits."""

from pathlib import Path

import numpy as np

from tidemill.demo import digits


def test_the_digits_are_ingested_dry_first_then_for_good_then_never_again(job, table):
    files, (delivery,) = digits.digit_files(np.random.default_rng(2))
    for name, content in files.items():
        path = Path(job.home) / "landing" / "digits" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    dry = job("ingest", "--dataset", "digits", "--dry-run")
    done = job("ingest", "--dataset", "digits")
    again = job("ingest", "--dataset", "digits")

    assert (dry.status, done.status, again.status) == (0, 0, 0), dry.err + done.err + again.err
    (run,) = done.result["runs"]
    figures = {name: run[name] for name in ("rows_read", "rows_accepted", "rows_quarantined")}
    assert figures == {
        "rows_read": len(files),
        "rows_accepted": len(files) - delivery.checks.total(),
        "rows_quarantined": delivery.checks.total(),
    }
    assert {name: dry.result[name] for name in figures} == figures
    assert again.result["runs"] == []
    assert len(table(job.home, "silver.digits")) == figures["rows_accepted"]
