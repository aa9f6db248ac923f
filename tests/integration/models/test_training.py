"""From a gold table to predictions: train, register, load and score, on a few hundred made-up rows."""

from functools import partial
from types import SimpleNamespace

import pytest
from pyspark.sql import functions as F

from tests.integration.models.people import CHURN, house_at, people, write
from tidemill.lake import Ledger, runs
from tidemill.models import ModelSettings, train_model
from tidemill.models.candidates import candidates_of
from tidemill.models.rows import labelled
from tidemill.models.tasks import figures_of
from tidemill.registry import NoChampion, Registered
from tidemill.scoring import score_table
from tidemill.validation import FigureEvaluator, binary_figures, cross_validate, regression_figures

PRICE = CHURN.model_copy(
    update={
        "name": "small_price",
        "task": "regression",
        "target": CHURN.target.model_copy(update={"column": "worth", "transform": "log"}),
        "candidates": (CHURN.candidates[0].model_copy(update={"algorithm": "linear_regression", "settings": {}}),),
        "metric": "rmse_log",
    }
)


@pytest.fixture(scope="module")
def house(spark, tmp_path_factory):
    made = house_at(spark, tmp_path_factory.mktemp("home"))
    told = []
    trained = {each.name: train_model(made.lake, made.registry, each, told.append) for each in (CHURN, PRICE)}
    return SimpleNamespace(**vars(made), trained=trained, told=told)


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


def test_training_again_on_the_same_version_gives_the_same_figures_and_leaves_the_champion(house):
    first = house.trained["small_price"]

    again = train_model(house.lake, house.registry, PRICE)

    assert again.holdout == first.holdout
    assert again.cross_validation == first.cross_validation
    assert (again.registered.version, again.promotion.promoted) == (2, False)
    assert again.promotion.comparison.difference == 0
    assert house.registry.champion("small_price").version == 1


@pytest.fixture(scope="module")
def rivals(house):
    """Versions of one model in turn: one that sees nothing, a good one, the blind one again, and again on request."""
    (lines,) = CHURN.candidates

    def trained(penalty, promote=False):
        candidates = (lines.model_copy(update={"grid": {"regParam": (penalty,), "elasticNetParam": (1.0,)}}),)
        update = {"name": "rivals", "candidates": candidates}
        return train_model(house.lake, house.registry, CHURN.model_copy(update=update), promote=promote)

    return trained(9.0), trained(0.01), trained(9.0), trained(9.0, promote=True)


def test_only_a_better_model_or_one_that_is_asked_for_takes_the_champions_place(house, rivals):
    blind, seeing, blind_again, on_request = rivals

    promoted = [each.promotion.promoted for each in (blind, seeing, blind_again, on_request)]
    assert promoted == [True, True, False, True]
    assert blind.promotion.reason == "it is the first of its name"
    assert seeing.promotion.comparison.difference == pytest.approx(seeing.holdout["roc_auc"] - blind.holdout["roc_auc"])
    assert "against 0.5000 of version 1, the champion" in seeing.promotion.reason
    assert on_request.promotion.reason.endswith("promoted on request")
    assert house.registry.champion("rivals").version == on_request.registered.version == 4


def test_a_champion_that_learnt_from_the_hold_out_is_not_compared_with(house, rivals):
    other_hold_out = CHURN.model_copy(update={"name": "rivals", "seed": CHURN.seed + 1})

    trained = train_model(house.lake, house.registry, other_hold_out)

    assert not trained.promotion.promoted
    assert "has learnt from all but" in trained.promotion.reason
    assert "--promote" in trained.promotion.reason


@pytest.fixture(scope="module")
def combined(house):
    settings = {
        **CHURN.model_dump(),
        "name": "combined",
        "candidates": [
            {"algorithm": "logistic_regression", "settings": {"maxIter": 5}, "grid": {"regParam": [0.01, 10.0]}},
            {"algorithm": "linear_svm", "settings": {"maxIter": 5}},
        ],
        "ensembles": [
            {"kind": "voting", "of": ["logistic_regression", "linear_svm"]},
            {"kind": "stacking", "of": ["logistic_regression", "linear_svm"], "settings": {"folds": 2}},
        ],
        "imbalance": {"ways": ["weights", "smote"]},
        "threshold": {"by": "cost", "false_negative": 5.0},
        "folds": 2,
        "confirm_folds": 3,
    }
    told = []
    trained = train_model(house.lake, house.registry, ModelSettings.model_validate(settings), told.append)
    return SimpleNamespace(trained=trained, told=told)


def test_ensembles_and_ways_to_learn_a_rare_class_compete_on_the_same_folds(combined):
    fits = [line for line in combined.told if line.startswith("fold")]

    assert len(fits) == 2 * (3 + 4) + 3
    for title in ("linear_svm", "voting of=", "stacking of=", "imbalance=weights recalibrate=prior", "imbalance=smote"):
        assert sum(title in line for line in fits) >= 2, title
    assert fits[-1].startswith("fold 3 of 3, candidate 1 of 1")


def test_where_misses_cost_more_the_threshold_is_lower_and_fewer_are_missed(combined, house):
    usual = house.trained["small_churn"].holdout

    assert combined.trained.threshold < 0.4
    assert combined.trained.holdout["recall"] > usual["recall"]
    assert combined.trained.holdout["roc_auc"] == pytest.approx(usual["roc_auc"], abs=0.05)
    rows = house.registry.champion("combined").model.transform(house.lake.read("gold.people"))
    assert rows.where(F.col("prediction") == 1).count() > rows.where(F.col("left") == 1).count()


def test_a_training_that_is_killed_at_its_end_makes_no_second_version(house, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "commit", killed)
        with pytest.raises(Killed):
            train_model(house.lake, house.registry, CHURN)
    made = _versions(house, "small_churn")

    again = train_model(house.lake, house.registry, CHURN)

    assert (len(made), made[0]) == (2, again.registered)
    assert _versions(house, "small_churn") == made
    assert house.registry.champion("small_churn").version == 1


def _versions(house, name):
    _, client = house.registry._open()
    found = client.search_model_versions(f"name='{name}'", order_by=["version_number DESC"])
    return [Registered(int(each.version), each.run_id) for each in found]


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
