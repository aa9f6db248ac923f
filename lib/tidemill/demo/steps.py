"""The demo's jobs, and which of them need one another."""

from dataclasses import dataclass

DEFAULT_SEED = 20


@dataclass(frozen=True)
class Step:
    """One job of the demo: jobs/JOB.py and its arguments."""

    job: str
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The step in words: the job and what it is about."""
        return " ".join([self.job, *(argument for argument in self.arguments if not argument.startswith("--"))])


LANES = (
    (
        Step("ingest", ("--dataset", "ames_sales")),
        Step("build_gold", ("--table", "house_features")),
        Step("train_housing"),
        Step("score", ("--model", "housing")),
    ),
    (
        Step("ingest", ("--dataset", "telco_customers")),
        Step("build_gold", ("--table", "customer_features")),
        Step("train_churn"),
        Step("score", ("--model", "churn")),
    ),
    (
        Step("stream", ("--dataset", "weather_readings", "--once")),
        Step("build_gold", ("--table", "weather_daily")),
    ),
)
"""Within a lane each job needs the one before it; the lanes need nothing of each other."""

STEPS = tuple(step for lane in LANES for step in lane)
