"""A lake with a gold table of people, and a registered model that reads it."""

from types import SimpleNamespace

from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.sql import functions as F

from tidemill.features import FeatureSettings, feature_stages, typical_values
from tidemill.lake import recorded_run
from tidemill.registry import ModelCard, SplitCard, Trial

SCHEMA = "id int, age int, paid double, plan string, left int"
PEOPLE = [(n, 20 + 3 * (n % 15), 0.5 * (n % 7), "flat" if n % 3 else "metered", int(n % 15 > 7)) for n in range(60)]


class House(SimpleNamespace):
    """A lake, a registry, and what is done to them."""

    def people(self, rows, schema=SCHEMA):
        """Make these rows gold.people, as build_gold.py does."""
        with recorded_run(self.lake, "test", "people") as run:
            self.lake.replace("gold.people", self.lake.spark.createDataFrame(rows, schema), run.mark)

    def train(self, name, penalty, numbers=("age", "paid")):
        """Register a model of PEOPLE as the champion of this name."""
        reads = FeatureSettings(numeric=numbers, categorical=("plan",))
        rows = self.lake.spark.createDataFrame(PEOPLE, SCHEMA).withColumn("label", F.col("left").cast("double"))
        model = Pipeline(stages=[*feature_stages(reads), LogisticRegression(regParam=penalty, maxIter=20)]).fit(rows)
        card = ModelCard(
            name=name,
            task="binary",
            table="gold.people",
            table_version=0,
            key=("id",),
            target="left",
            reads=reads.columns,
            split=SplitCard(seed=3, strata="left", cuts={"0": 0, "1": 0}),
            run=f"penalty {penalty}",
            typical=typical_values(rows, reads),
        )
        trial = Trial("logistic_regression", {"regParam": penalty}, [], {}, {})
        registered = self.registry.record(card, model, rows.schema, {}, [trial], 0, {})
        self.registry.promote(name, registered.version)

    def predicted(self, name="leaving"):
        """What stands in the model's table, by key."""
        return {row["id"]: row.asDict(recursive=True) for row in self.lake.read(f"gold.{name}_predictions").collect()}
