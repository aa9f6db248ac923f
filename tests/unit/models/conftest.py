"""A churn model and a price model of some hundred made-up people, trained once, with what they are judged by."""

from datetime import UTC, datetime

import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import functions as F

from tidemill.models import ModelSettings
from tidemill.models.candidates import LABEL, candidates_of, first_stage
from tidemill.models.evaluation import Bounds, Evidence, findings_of
from tidemill.models.tasks import label_of
from tidemill.registry import Trial

CHURN = ModelSettings(
    name="small_churn",
    task="binary",
    table="gold.people",
    key=("id",),
    target={"column": "left"},
    features={"numeric": ("age", "member"), "log1p": ("paid",), "categorical": ("plan", "street")},
    candidates=[{"algorithm": "logistic_regression", "settings": {"maxIter": 10}}],
    metric="roc_auc",
    folds=3,
)
PRICE = CHURN.model_copy(
    update={
        "name": "small_price",
        "task": "regression",
        "target": CHURN.target.model_copy(update={"column": "worth", "transform": "log"}),
        "candidates": (CHURN.candidates[0].model_copy(update={"algorithm": "linear_regression", "settings": {}}),),
        "metric": "rmse_log",
    }
)
BOUNDS = Bounds(rows=250, repeats=2, replicates=40, columns=3, points=5, scatter=100)
HOSTILE = "<img src=x onerror=alert(1)>"


def people(spark):
    """Who leaves, and what they are worth, follows age and plan; the street says nothing."""
    ids = spark.range(0, 900, numPartitions=2).select("id")

    def noise(name):
        return F.pmod(F.xxhash64("id", F.lit(name)), F.lit(1000)) / 1000

    street = F.when(noise("street") < 0.6, "Main").when(noise("street") < 0.9, HOSTILE)
    rows = ids.select(
        "id",
        (20 + 60 * noise("age")).cast("int").alias("age"),
        (noise("member") < 0.5).alias("member"),
        F.when(noise("paid") > 0.1, 100 * noise("paid")).alias("paid"),
        F.when(noise("plan") < 0.4, "flat").otherwise("metered").alias("plan"),
        street.alias("street"),
    )
    pull = (F.col("age") - 50) / 15 + F.when(F.col("plan") == "flat", 0.5).otherwise(-0.5)
    rows = rows.withColumn("left", (pull + 4 * (noise("left") - 0.5) > 0).cast("int"))
    return rows.withColumn("worth", F.exp(10 + 0.3 * pull + 0.1 * noise("worth")))


def trials(settings, means):
    """Candidates with these means of the metric, and folds a little beside them."""
    return [
        Trial(
            name,
            {},
            [{settings.metric: mean + step} for step in (-0.01, 0.0, 0.01)],
            {settings.metric: mean},
            {settings.metric: 0.008},
        )
        for name, mean in means.items()
    ]


def evidence(spark, settings, means):
    rows = people(spark).withColumn(LABEL, label_of(settings))
    train, holdout = rows.where("id % 3 > 0"), rows.where("id % 3 = 0")
    prepared = first_stage(settings)
    fitted = Pipeline(stages=[*candidates_of(settings)[0].stages]).fit(prepared.transform(train))
    model = PipelineModel([prepared, *fitted.stages])
    predicted = model.transform(holdout).cache()
    return Evidence(
        settings=settings,
        model=model,
        trials=trials(settings, means),
        best=0,
        holdout=predicted,
        version=3,
        table_version=7,
        trained_at=datetime(2024, 5, 1, 12, tzinfo=UTC),
        out_of_fold=model.transform(train),
        threshold=0.4 if settings.task == "binary" else None,
    )


@pytest.fixture(scope="session")
def churn(spark):
    return evidence(spark, CHURN, {"logistic_regression": 0.85, "random_forest": 0.84})


@pytest.fixture(scope="session")
def price(spark):
    return evidence(spark, PRICE, {"linear_regression": 0.05, "random_forest": 0.06})


@pytest.fixture(scope="session")
def churn_findings(churn):
    return findings_of(churn, BOUNDS)


@pytest.fixture(scope="session")
def price_findings(price):
    return findings_of(price, BOUNDS)
