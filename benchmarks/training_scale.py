"""How training grows with the rows: Telco customers resampled with noise, 7 thousand to 700 thousand and more.

    make bench NAME=training_scale                                        7, 70 and 700 thousand rows
    python benchmarks/training_scale.py --rows 7000 70000 700000 7000000  more of them

Each number of rows is trained on twice in one session, smallest first, after a training that is not counted: the full
feature stages with a logistic regression, and with boosted trees, each cross-validated on three folds and fitted to all
rows. Told are the processor seconds of the whole process tree a row (goal: falling or level), and what is left in the
driver afterwards, of the JVM's heap after a collection and of the Python process (goal: level). What is left does not
depend on how often is fitted: `--only boosted_trees --folds 2 --trees 3` looks at it in a fifth of the time.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark import StorageLevel
from pyspark.ml.classification import GBTClassifier, LogisticRegression
from pyspark.sql import SparkSession
from training.customers import SEED, churn_settings, resampled
from training.processor import memory_left, timed

from tidemill.features import feature_stages
from tidemill.models.tasks import evaluator_of
from tidemill.validation import Candidate, Search, assign_folds, cross_validate

FOLDS, TREES = 3, 10
LEARNERS = ("logistic_regression", "boosted_trees")
SIZES = (7_000, 70_000, 700_000)
LEVEL = 1.1  # a row of many against one of few
HEAP_MB = 64  # a heap as it was, within so much


def candidate(name: str, trees: int) -> Candidate:
    """A learner behind the full feature stages."""
    before = feature_stages(churn_settings().features)
    learners = {
        "logistic_regression": LogisticRegression(maxIter=40, regParam=0.005, standardization=False),
        "boosted_trees": GBTClassifier(maxIter=trees, maxDepth=4, seed=SEED),
    }
    return Candidate(name, [*before, learners[name]], {})


def train(spark: SparkSession, rows: int, folder: Path, learner: Candidate, many: int) -> Search:
    """So many folds, a fit without each, their figures, and a fit to all rows."""
    folds = assign_folds(resampled(spark, rows, folder), ["customer_id"], many, SEED, "label")
    # As training itself lays its rows out; the folds leave each class in one partition.
    table = folds.repartition(spark.sparkContext.defaultParallelism, "customer_id")
    cached = table.sortWithinPartitions("customer_id").persist(StorageLevel.MEMORY_AND_DISK)
    try:
        return cross_validate(
            cached, [learner], many, evaluator_of(churn_settings()), needed=("features", "label", "churn")
        )
    finally:
        cached.unpersist()


def measured(
    spark: SparkSession, rows: int, folder: Path, learners: Mapping[str, Candidate], folds: int
) -> dict[str, Any]:
    """What trainings on so many rows take and leave."""
    resampled(spark, rows, folder)
    found: dict[str, Any] = {"rows": rows}
    for name, learner in learners.items():
        search, took = timed(train, spark, rows, folder, learner, folds)
        found[name] = {
            "cpu_seconds": round(took.cpu_seconds, 1),
            "wall_seconds": round(took.wall_seconds, 1),
            "cpu_ms_a_row": round(1000 * took.cpu_seconds / rows, 4),
            "roc_auc": round(search.mean(0)["roc_auc"], 4),
        }
        del search
    heap, python = memory_left(spark)
    found |= {"heap_mb": round(heap), "python_mb": round(python)}
    print(json.dumps(found), flush=True)
    return found


def main() -> None:
    """Measure each number of rows; the ratio is of a row's cost in the most rows to that in the fewest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--only", choices=LEARNERS, help="one of the two")
    parser.add_argument("--folds", type=int, default=FOLDS, help=f"({FOLDS})")
    parser.add_argument("--trees", type=int, default=TREES, help=f"({TREES})")
    request = parser.parse_args()
    spark = (
        SparkSession.builder.appName("training_scale")
        .master("local[2]")
        .config("spark.driver.memory", "6g")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    learners = {name: candidate(name, request.trees) for name in LEARNERS if request.only in (None, name)}
    with tempfile.TemporaryDirectory(prefix="tidemill-bench-") as folder:
        for learner in learners.values():
            train(spark, min(request.rows), Path(folder), learner, request.folds)
        sizes = [measured(spark, rows, Path(folder), learners, request.folds) for rows in sorted(request.rows)]
    spark.stop()
    fewest, most = sizes[0], sizes[-1]
    costs = {name: [size[name]["cpu_ms_a_row"] for size in sizes] for name in learners}
    ratio = max(cost[-1] / cost[0] for cost in costs.values())
    told = {
        "bench": "training_scale",
        "ratio": round(ratio, 3),
        "goal": LEVEL,
        "unit": "CPU ms a row, most rows to fewest",
        "ours": {name: cost[-1] for name, cost in costs.items()},
        "theirs": {name: cost[0] for name, cost in costs.items()},
        "heap_level": most["heap_mb"] <= fewest["heap_mb"] + HEAP_MB,
        "detail": sizes,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
