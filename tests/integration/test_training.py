"""From a gold table to predictions: train, register, load and score, on a few hundred made-up rows."""

from functools import partial
from types import SimpleNamespace

import pytest
from pyspark.sql import functions as F

from tidemill.config import Config
from tidemill.config.model import MlflowConfig
from tidemill.features import MissingColumns
from tidemill.lake import Lake, Ledger, NoSuchTable, recorded_run, runs
from tidemill.models import ModelSettings, train_model
from tidemill.models.tasks import candidates_of, figures_of
from tidemill.models.training import labelled
from tidemill.registry import NoChampion, Registry
from tidemill.scoring import score_table
from tidemill.validation import FigureEvaluator, TooFewRows, binary_figures, cross_validate, regression_figures

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
PRICE = CHURN.model_copy(
    update={
        "name": "small_price",
        "task": "regression",
        "target": CHURN.target.model_copy(update={"column": "worth", "transform": "log"}),
        "candidates": (CHURN.candidates[0].model_copy(update={"algorithm": "linear_regression", "settings": {}}),),
        "metric": "rmse_log",
    }
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


@pytest.fixture(scope="module")
def house(spark, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    places = {name: str(home / name) for name in ("landing", "lake_root", "checkpoints", "reports", "spool")}
    mlflow = MlflowConfig(tracking_uri=f"sqlite:///{home}/mlflow/mlflow.db", artifacts=str(home / "artifacts"))
    config = Config(environment="test", conf_dir=home, home=str(home), mlflow=mlflow, **places)
    lake, registry = Lake(spark, config.lake_root), Registry(config)
    write(lake, "gold.people", people(spark, 0, 600))
    told = []
    trained = {each.name: train_model(lake, registry, each, told.append) for each in (CHURN, PRICE)}
    return SimpleNamespace(spark=spark, lake=lake, registry=registry, trained=trained, told=told)


def test_training_tells_its_progress_and_records_its_run(house):
    trained = house.trained["small_churn"]

    assert sum(line.startswith("fold") for line in house.told) == 2 * 2 * 3
    assert trained.parameters == {"regParam": 0.01}
    assert trained.run.table_versions == {"gold.people": 0}
    (recorded,) = runs(house.lake).where("job = 'train_small_churn'").collect()
    assert (recorded["event"], recorded["rows_read"], recorded["rows_accepted"]) == ("committed", 600, 600)


def test_a_champion_knows_its_table_and_its_columns(house):
    champion = house.registry.champion("small_churn")

    assert champion.version == 1
    assert champion.card.reads == CHURN.features.columns
    assert (champion.card.table, champion.card.table_version) == ("gold.people", 0)
    assert set(champion.card.split.cuts) == {"0", "1"}


def test_scores_on_held_out_rows_are_the_figures_of_the_training(house):
    score_table(house.lake, house.registry, "small_churn")
    score_table(house.lake, house.registry, "small_price")

    churn = house.lake.read("gold.small_churn_predictions")
    price = house.lake.read("gold.small_price_predictions")
    held_out = churn.where("split = 'holdout'").select(
        F.col("left").cast("double").alias("label"),
        F.col("prediction").cast("double"),
        F.col("probability").alias("probability_of_1"),
    )
    assert churn.count() == price.count() == 600
    assert binary_figures(held_out) == pytest.approx(house.trained["small_churn"].holdout, abs=1e-12)
    figures = regression_figures(price.where("split = 'holdout'"), {"": ("worth", "prediction")})
    expected = {name: house.trained["small_price"].holdout[name] for name in figures}
    assert figures == pytest.approx(expected, rel=1e-12)


def test_the_model_learns_what_is_there_to_learn(house):
    assert house.trained["small_churn"].holdout["roc_auc"] > 0.7
    assert house.trained["small_price"].holdout["rmse_log"] < 0.1


def test_training_again_on_the_same_version_gives_the_same_figures(house):
    again = train_model(house.lake, house.registry, PRICE)

    assert again.holdout == house.trained["small_price"].holdout
    assert again.cross_validation == house.trained["small_price"].cross_validation
    assert house.registry.champion("small_price").version == again.registered.version == 2


def test_a_training_that_is_killed_at_its_end_makes_no_second_version(house, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "commit", killed)
        with pytest.raises(Killed):
            train_model(house.lake, house.registry, CHURN)
    before = house.registry.champion("small_churn").version

    again = train_model(house.lake, house.registry, CHURN)

    assert again.registered.version == before
    assert house.registry.champion("small_churn").version == before


def test_shuffled_labels_give_scores_of_chance(spark):
    rows = people(spark, 0, 1500).withColumn("left", (F.pmod(F.xxhash64("id", F.lit("coin")), F.lit(2))).cast("int"))
    settings = CHURN.model_copy(update={"holdout": 0.01})
    prepared = labelled(rows, settings).where("split = 'train'").repartition(2).cache()

    evaluator = FigureEvaluator(partial(figures_of, settings), "roc_auc", larger_is_better=True)
    found = cross_validate(prepared, candidates_of(settings)[:1], 3, evaluator)

    prepared.unpersist()
    assert 0.45 < found.mean(0)["roc_auc"] < 0.55


def test_rows_that_came_later_are_scored_and_one_without_a_target_has_no_split(house):
    later = people(house.spark, 590, 620).withColumn("left", F.when(F.col("id") < 610, F.col("left")))
    write(house.lake, "gold.people", later)

    _, run = score_table(house.lake, house.registry, "small_churn")

    scored = {row["id"]: row for row in house.lake.read("gold.small_churn_predictions").collect()}
    assert run.counts.read == 30
    assert {scored[key]["split"] for key in range(610, 620)} == {None}
    assert {scored[key]["split"] for key in range(590, 610)} == {"train", "holdout"}
    assert all(row["prediction"] in (0, 1) for row in scored.values())


def test_without_a_champion_scoring_says_what_to_run(house):
    with pytest.raises(NoChampion, match=r"no champion of the model 'ghost' .* jobs/train_ghost\.py"):
        score_table(house.lake, house.registry, "ghost")


def test_a_table_that_cannot_be_trained_on_is_named(house):
    def changed(**update):
        return CHURN.model_copy(update=update)

    with pytest.raises(NoSuchTable, match=r"gold\.nowhere"):
        train_model(house.lake, house.registry, changed(table="gold.nowhere"))
    with pytest.raises(MissingColumns, match="no column 'aged'"):
        train_model(
            house.lake, house.registry, changed(features=CHURN.features.model_copy(update={"numeric": ("aged",)}))
        )
    with pytest.raises(TooFewRows, match="at least 100 are needed"):
        train_model(house.lake, house.registry, changed(name="few", folds=100))
    last = Ledger(house.lake).last("train_few", "few")
    assert last is not None and last.event == "failed"
