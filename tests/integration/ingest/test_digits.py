"""The demo's handwritten digits, some of them broken, into silver under the project's own contract."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tidemill.config import load_config
from tidemill.contract import load_contract
from tidemill.demo import digits
from tidemill.ingest import ingest_batch, nothing_waits
from tidemill.lake import Counts, Lake, Ledger


class Killed(BaseException):
    """Stands for the moment at which the driver dies."""


def test_each_digit_is_in_silver_once_and_each_broken_file_in_quarantine_after_a_kill(spark, tmp_path, monkeypatch):
    config = load_config(home=str(tmp_path))
    lake, contract = Lake(spark, config.lake_root), load_contract(config, "digits")
    files, (delivery,) = digits.digit_files(np.random.default_rng(1))
    for name, content in files.items():
        path = Path(config.landing) / "digits" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    whole = lake.append

    def dying(name, *arguments, **named):
        whole(name, *arguments, **named)
        if name == "silver.digits":
            raise Killed

    monkeypatch.setattr(lake, "append", dying)
    with pytest.raises(Killed):
        ingest_batch(spark, lake, contract)
    monkeypatch.undo()
    killed = Ledger(lake).last("ingest", "digits").id
    (run,) = ingest_batch(spark, lake, contract)

    assert run.id == killed
    refused = delivery.checks.total()
    assert run.counts == Counts(read=len(files), accepted=len(files) - refused, quarantined=refused)
    failures = lake.read("quarantine.digits").select("_failures").collect()
    assert Counter(failure["check"] for row in failures for failure in row["_failures"]) == delivery.checks
    assert lake.read("bronze.digits").count() == len(files)
    rows = lake.read("silver.digits").select("path", "label", "split", "pixels").collect()
    pictures, labels = digits.load_digits()
    for row in rows:
        number = int(row["path"].rpartition("/")[2][:4])
        assert (row["label"], row["pixels"]) == (str(labels[number]), pictures[number].tobytes())
    assert len({row["path"] for row in rows}) == len(rows)
    by_class = Counter((row["label"], row["split"]) for row in rows)
    for label in {label for label, _ in by_class}:
        count = sum(by_class[label, split] for split in ("train", "validation", "test"))
        assert abs(by_class[label, "test"] - 0.2 * count) <= 0.5
        assert abs(by_class[label, "validation"] - 0.15 * count) <= 0.5
    assert ingest_batch(spark, lake, contract) == []
    assert nothing_waits(config, contract)
