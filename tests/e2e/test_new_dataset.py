"""The README's worked example of a new dataset: what it says to write, and what it says comes of it."""

import csv
import json
import re
import shutil
from io import StringIO
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def example(name: str) -> str:
    """The fenced block that follows the README's mark of this name."""
    block = rf"<!-- example: {re.escape(name)} -->\s*```\w*\n(.*?)```"
    found = re.findall(block, (REPOSITORY / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(found) == 1, f"README.md has {len(found)} blocks after <!-- example: {name} -->, expected one"
    return found[0]


def test_the_readmes_example_of_a_new_dataset_comes_to_what_the_readme_says(job, tmp_path, table):
    conf = shutil.copytree(REPOSITORY / "conf", tmp_path / "conf")
    (conf / "datasets" / "orders.yaml").write_text(example("conf/datasets/orders.yaml"), encoding="utf-8")
    landing = job.home / "landing" / "orders"
    landing.mkdir(parents=True)
    delivery = example("landing/orders/orders.csv")
    (landing / "orders.csv").write_text(delivery, encoding="utf-8")
    job.variables["TIDEMILL_CONF"] = str(conf)

    ended = job("ingest", "--dataset", "orders")

    assert ended.status == 0, ended.err
    (run,) = ended.result["runs"]
    promised = json.loads(example("result"))
    assert set(promised) == {"rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate"}
    assert {count: run[count] for count in promised} == promised

    accepted, refused = table(job.home, "silver.orders"), table(job.home, "quarantine.orders")
    assert len(accepted) == promised["rows_accepted"] == len({row["order_id"] for row in accepted})
    assert len(refused) == promised["rows_quarantined"]
    given = {int(row["order_id"]) for row in csv.DictReader(StringIO(delivery))}
    kept_out = {int(json.loads(row["_record"])["order_id"]) for row in refused}
    assert {row["order_id"] for row in accepted} == given - kept_out
    assert {failure["check"] for row in refused for failure in row["_failures"]} == {"amount.min"}
