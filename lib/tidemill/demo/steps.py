"""The demo's jobs, and which of them need one another."""

import os
from dataclasses import dataclass
from itertools import pairwise

DEFAULT_SEED = 20
# Processes that train the digits' classifier together, each on a core of its own.
RANKS = min(2, len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class Step:
    """One job of the demo: jobs/JOB.py and its arguments."""

    job: str
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The step in words: the job and what it is about."""
        about = [value for name, value in pairwise(self.arguments) if name in ("--dataset", "--table", "--model")]
        return " ".join([self.job, *about])


LANES = (
    (
        Step("ingest", ("--dataset", "ames_sales")),
        Step("build_gold", ("--table", "house_features")),
        Step("train_housing", ("--only", "ridge,lasso", "--folds", "3")),
        Step("score", ("--model", "housing")),
    ),
    (
        Step("ingest", ("--dataset", "telco_customers")),
        Step("build_gold", ("--table", "customer_features")),
        Step(
            "train_churn",
            ("--only", "logistic_regression,decision_tree", "--imbalance", "weights", "--folds", "3"),
        ),
        Step("score", ("--model", "churn")),
    ),
    (
        Step("stream", ("--dataset", "weather_readings", "--once")),
        Step("build_gold", ("--table", "weather_daily")),
    ),
    (
        Step("ingest", ("--dataset", "digits")),
        Step("train_images", ("--set", "images.backend=horovod", f"images.ranks={RANKS}")),
        Step("score", ("--model", "images")),
    ),
)
"""Within a lane each job needs the one before it; the lanes need nothing of each other."""

STEPS = tuple(step for lane in LANES for step in lane)
