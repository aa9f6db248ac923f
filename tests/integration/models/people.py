"""Made-up people whose leaving can be learnt, and a model of it."""

from types import SimpleNamespace

from pyspark.sql import functions as F

from tests.services.mlflow_store import ready_store
from tidemill.config import Config
from tidemill.config.model import MlflowConfig
from tidemill.lake import Lake, recorded_run
from tidemill.models import ModelSettings
from tidemill.registry import Registry

CHURN = ModelSettings(
    name="small_churn",
    task="binary",
    table="gold.people",
    key=("id",),
    target={"column": "left"},
    features={"numeric": ("age", "member"), "log1p": ("paid",), "categorical": ("plan", "street"), "rare_below": 0.01},
    candidates=[{"algorithm": "logistic_regression", "settings": {"maxIter": 5}, "grid": {"regParam": [0.01, 10.0]}}],
    metric="roc_auc",
    folds=3,
    seed=3,
)


def people(spark, start, end):
    """Who leaves follows age and plan, with noise; what they are worth follows both too; the street says nothing."""
    ids = spark.range(start, end, numPartitions=2).select("id")

    def noise(name):
        return F.pmod(F.xxhash64("id", F.lit(name)), F.lit(1000)) / 1000

    age, plan = (20 + 60 * noise("age")).cast("int"), F.when(noise("plan") < 0.4, "flat").otherwise("metered")
    rows = ids.select("id", age.alias("age"), (noise("member") < 0.5).alias("member"), plan.alias("plan"))
    rows = rows.withColumn("paid", F.when(noise("paid") > 0.1, 100 * noise("paid")))
    rows = rows.withColumn("street", F.concat(F.lit("s"), (300 * noise("street")).cast("int").cast("string")))
    pull = (F.col("age") - 50) / 30 + F.when(F.col("plan") == "flat", 0.5).otherwise(-0.5)
    rows = rows.withColumn("left", (pull + 3 * (noise("left") - 0.5) > 0).cast("int"))
    return rows.withColumn("worth", F.exp(10 + 0.3 * pull + 0.1 * noise("worth")))


def write(lake, table, rows):
    with recorded_run(lake, "test", table.split(".")[1]) as run:
        lake.replace(table, rows, run.mark)


def house_at(spark, home):
    """A lake and a registry of their own, with 600 people in gold.people."""
    places = {name: str(home / name) for name in ("landing", "lake_root", "checkpoints", "reports", "spool")}
    mlflow = MlflowConfig(tracking_uri=ready_store(home), artifacts=str(home / "artifacts"))
    config = Config(environment="test", conf_dir=home, home=str(home), mlflow=mlflow, **places)
    lake = Lake(spark, config.lake_root)
    write(lake, "gold.people", people(spark, 0, 600))
    return SimpleNamespace(spark=spark, config=config, lake=lake, registry=Registry(config))
