"""Cross-validation against pyspark's own CrossValidator: the same pipeline, grid, folds, evaluator and parallelism.

    make bench NAME=cross_validation                       all of it: about ten minutes on two cores
    python benchmarks/cross_validation.py --parts trees    some of it

logistic: 12 logistic regressions x 5 folds (goal: at least 5 times less processor time).
trees:    4 boosted-tree classifiers x 5 folds (goal: at least 2 times).

Both sides take turns in one session, after a turn each that is not counted, and must give equal scores. Processor
seconds are of the whole process tree.
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from pyspark.ml import Estimator, Pipeline
from pyspark.ml.classification import GBTClassifier, LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.tuning import CrossValidator as SparkCrossValidator
from pyspark.ml.tuning import ParamGridBuilder
from pyspark.sql import DataFrame, SparkSession
from training.customers import SEED, churn_settings, gold_customers
from training.processor import Taken, timed

from tidemill.features import feature_stages
from tidemill.validation import CrossValidator, assign_folds

FOLDS = 5
PARALLELISM = 2
EQUAL = 1e-9
GOALS = {"logistic": 5, "trees": 2}


def logistic() -> tuple[Estimator, list[dict]]:
    """A learner and twelve settings: strength and kind of the penalty."""
    learner = LogisticRegression(maxIter=40)
    grid = ParamGridBuilder().addGrid(learner.regParam, [0.0001, 0.001, 0.003, 0.01, 0.03, 0.1])
    return learner, grid.addGrid(learner.elasticNetParam, [0.0, 0.5]).build()


def trees() -> tuple[Estimator, list[dict]]:
    """A learner and four settings: number and depth of the trees."""
    learner = GBTClassifier(seed=SEED)
    return learner, ParamGridBuilder().addGrid(learner.maxIter, [10, 20]).addGrid(learner.maxDepth, [3, 5]).build()


PARTS = {"logistic": logistic, "trees": trees}


def compared(part: str, rows: DataFrame, rounds: int) -> dict[str, Any]:
    """Both sides in turn.

    Raises:
        SystemExit: their scores differ.
    """
    learner, grid = PARTS[part]()
    given = {
        "estimator": Pipeline(stages=[*feature_stages(churn_settings().features), learner]),
        "evaluator": BinaryClassificationEvaluator(numBins=0),
        "numFolds": FOLDS,
        "foldCol": "fold",
        "parallelism": PARALLELISM,
    }
    sides = {"ours": CrossValidator, "theirs": SparkCrossValidator}
    for side in sides.values():
        side(estimatorParamMaps=grid[:1], **given).fit(rows)
    taken: dict[str, list[Taken]] = {side: [] for side in sides}
    scores: dict[str, Sequence[float]] = {}
    for _ in range(rounds):
        for side, validator in sides.items():
            fitted, took = timed(validator(estimatorParamMaps=grid, **given).fit, rows)
            taken[side].append(took)
            scores[side] = fitted.avgMetrics
            print(f"{part:9} {side:7} {took.cpu_seconds:7.1f} CPU s {took.wall_seconds:7.1f} s", flush=True)
    apart = float(np.max(np.abs(np.subtract(scores["ours"], scores["theirs"]))))
    print(f"{part:9} areas under the ROC curve, ours:   {' '.join(f'{score:.9f}' for score in scores['ours'])}")
    print(f"{part:9} areas under the ROC curve, theirs: {' '.join(f'{score:.9f}' for score in scores['theirs'])}")
    if apart > EQUAL:
        raise SystemExit(f"{part}: the scores differ by {apart:.1e}, more than {EQUAL:.0e}")
    return {**_ratios(taken), "goal": GOALS[part], "scores_differ_by": apart, "candidates": len(grid)}


def _ratios(taken: dict[str, list[Taken]]) -> dict[str, Any]:
    cpu, wall = ({side: float(np.median([one[at] for one in took])) for side, took in taken.items()} for at in (0, 1))
    return {
        "ratio": round(cpu["theirs"] / cpu["ours"], 2),
        "ours": round(cpu["ours"], 1),
        "theirs": round(cpu["theirs"], 1),
        "wall_ratio": round(wall["theirs"] / wall["ours"], 2),
    }


def main() -> None:
    """Measure the parts that were asked for; the first one is the benchmark's own ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=2, help="how often each side runs (2)")
    request = parser.parse_args()
    spark = SparkSession.builder.appName("cross_validation").master("local[2]").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    folds = assign_folds(gold_customers(spark), ["customer_id"], FOLDS, SEED, "label")
    rows = folds.repartition(2, "customer_id").sortWithinPartitions("customer_id").cache()
    print(f"{rows.count():,} customers", flush=True)
    detail = {part: compared(part, rows, request.rounds) for part in request.parts}
    spark.stop()
    first = next(iter(detail.values()))
    told = {name: first[name] for name in ("ratio", "goal", "ours", "theirs")}
    print(json.dumps({"bench": "cross_validation", **told, "unit": "CPU seconds", "detail": detail}))


if __name__ == "__main__":
    main()
