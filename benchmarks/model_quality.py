"""How well churn and prices are predicted: stratified 10-fold, with all that is chosen chosen in each training part.

    make bench NAME=model_quality                                    all of it
    python benchmarks/model_quality.py --data ames --seeds 0         some of it
    python benchmarks/model_quality.py --seeds 0 --shuffled          the labels shuffled: what is left is leakage

Preprocessing, the choice between the candidates (inner 3-fold) and the threshold (F1 on the inner out-of-fold
predictions) see the training part alone. wa_churn: ROC AUC (goal .850, best published .852). mlc_churn: ROC AUC (.923)
and F1 at the chosen threshold (.83). ames: RMSE of the log price (.117) and MAE ($13,200) over all 2,930 sales.
"""

import argparse
import json
import math
import sys
import time
from collections import Counter
from statistics import fmean, pstdev
from typing import Any

from quality.nested import Outcome, outcomes
from quality.problems import PROBLEMS, Problem

from tidemill.config import load_config
from tidemill.session import spark_session

# Thousands of small queries, each run once: interpreting one costs less than compiling it.
SETTINGS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
}


class Progress:
    """A line a fold, with the time that is left for each data set's own pace."""

    def __init__(self, folds: int) -> None:
        self._left = folds
        self._since = time.monotonic()
        self._taken: list[float] = []

    def heard(self, title: str, outcome: Outcome, goals: Any) -> None:
        """Tell of one more fold."""
        now = time.monotonic()
        self._taken.append(now - self._since)
        self._since, self._left = now, self._left - 1
        figures = ", ".join(f"{name} {outcome.figures[name]:.4f}" for name in goals)
        left = fmean(self._taken) * self._left
        sys.stderr.write(f"{title}: {figures} ({outcome.chosen}), about {left / 60:.0f} min left\n")


def summary(values: list[float]) -> dict[str, float]:
    """Mean and standard deviation (of a population)."""
    return {"mean": fmean(values), "deviation": pstdev(values)}


def of_problem(problem: Problem, found: dict[int, list[Outcome]]) -> dict[str, Any]:
    """Every goal's figure by seed over the folds, and over the seeds' means."""
    told: dict[str, Any] = {}
    for name, goal in problem.goals.items():
        by_seed = {seed: summary([each.figures[name] for each in folds]) for seed, folds in found.items()}
        over = summary([each["mean"] for each in by_seed.values()])
        reached = over["mean"] >= goal.value if goal.larger_is_better else over["mean"] <= goal.value
        told[name] = {**over, "goal": goal.value, "reached": reached, "published": goal.published, "seeds": by_seed}
    if not problem.binary:
        # The folds' squared errors together: above the mean of the folds' roots, where a few sales weigh much.
        pooled = {seed: math.sqrt(fmean(each.figures["mse_log"] for each in folds)) for seed, folds in found.items()}
        told["rmse_log"]["of_all_sales_together"] = pooled
    told["chosen"] = dict(Counter(each.chosen for folds in found.values() for each in folds))
    return told


def tell(name: str, told: dict[str, Any]) -> None:
    """Print a data set's figures."""
    for figure, of in told.items():
        if figure == "chosen":
            continue
        for seed, each in of["seeds"].items():
            print(f"{name:10} {figure:9} seed {seed}: {each['mean']:11.4f} +- {each['deviation']:.4f} over the folds")
        verdict = "reached" if of["reached"] else "not reached"
        print(f"{name:10} {figure:9} mean  : {of['mean']:11.4f} +- {of['deviation']:.4f}, goal {of['goal']} {verdict}")
    print(f"{name:10} chosen: {told['chosen']}", flush=True)


def main() -> None:
    """Measure what was asked for; the first figure is the benchmark's own ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--folds", type=int, default=10, help="outer folds, fewer to try the benchmark out (10)")
    parser.add_argument("--shuffled", action="store_true", help="shuffle the labels first")
    request = parser.parse_args()
    detail: dict[str, Any] = {}
    progress = Progress(len(request.data) * len(request.seeds) * request.folds)
    overrides = [f"spark.settings.{name}={value}" for name, value in SETTINGS.items()]
    with spark_session(load_config(overrides=overrides), "model_quality") as spark:
        for name in request.data:
            problem = PROBLEMS[name]()
            found: dict[int, list[Outcome]] = {}
            for seed in request.seeds:
                found[seed] = []
                for outcome in outcomes(spark, problem, seed, request.folds, request.shuffled):
                    found[seed].append(outcome)
                    place = f"{name}, seed {seed}, fold {len(found[seed])} of {request.folds}"
                    progress.heard(place, outcome, problem.goals)
            detail[name] = of_problem(problem, found)
            tell(name, detail[name])
    first, of = next(iter(detail[request.data[0]].items()))
    ratio = {"ratio": round(of["mean"] / of["goal"], 4), "goal": 1.0, "ours": of["mean"], "theirs": of["goal"]}
    print(json.dumps({"bench": "model_quality", **ratio, "unit": f"{first} of {request.data[0]}", "detail": detail}))


if __name__ == "__main__":
    main()
