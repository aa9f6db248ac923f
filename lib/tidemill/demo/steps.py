"""The demo's jobs, in the order in which one needs the other."""

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


STEPS = (
    Step("ingest", ("--dataset", "telco_customers")),
    Step("ingest", ("--dataset", "ames_sales")),
    Step("stream", ("--dataset", "weather_readings", "--once")),
    Step("build_gold", ("--table", "customer_features")),
    Step("build_gold", ("--table", "house_features")),
    Step("build_gold", ("--table", "weather_daily")),
    Step("train_churn"),
    Step("train_housing"),
    Step("score", ("--model", "churn")),
    Step("score", ("--model", "housing")),
)
