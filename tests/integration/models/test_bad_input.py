"""Tables and settings that no model can be made of, or only a part of one."""

from types import SimpleNamespace

import pytest
from pyspark.sql import functions as F

from tests.integration.models.people import CHURN, house_at, people, write
from tidemill.features import MissingColumns, NotANumber
from tidemill.features.box_cox import NoKnownValue
from tidemill.lake import Ledger, NoSuchTable
from tidemill.models import train_model
from tidemill.models.rows import NothingToHoldOut, WrongLabels
from tidemill.scoring import score_table
from tidemill.validation import TooFewRows


@pytest.fixture(scope="module")
def house(spark, tmp_path_factory):
    return house_at(spark, tmp_path_factory.mktemp("bad"))


def test_a_table_that_cannot_be_trained_on_is_named(house):
    def changed(**update):
        return CHURN.model_copy(update=update)

    with pytest.raises(NoSuchTable, match=r"gold\.nowhere"):
        train_model(house.lake, house.registry, changed(table="gold.nowhere"))
    with pytest.raises(MissingColumns, match="no column 'aged'"):
        train_model(
            house.lake, house.registry, changed(features=CHURN.features.model_copy(update={"numeric": ("aged",)}))
        )
    with pytest.raises(NotANumber, match="'plan' as string, but the model reads it as a number"):
        train_model(
            house.lake, house.registry, changed(features=CHURN.features.model_copy(update={"numeric": ("plan",)}))
        )
    with pytest.raises(WrongLabels, match=r"the target 'age' is 20, 21, 22, 23, 24, but a binary model learns 0 and 1"):
        train_model(house.lake, house.registry, changed(target=CHURN.target.model_copy(update={"column": "age"})))
    with pytest.raises(TooFewRows, match="at least 400 are needed"):
        train_model(house.lake, house.registry, changed(name="few", folds=400))
    with pytest.raises(NothingToHoldOut, match=r"of which a hold-out of 0\.001 takes none"):
        train_model(house.lake, house.registry, changed(holdout=0.001))
    last = Ledger(house.lake).last("train_few", "few")
    assert last is not None and last.event == "failed"


def test_one_class_alone_or_too_few_rows_of_one_are_named(house):
    def trained(name, rows):
        write(house.lake, f"gold.{name}", rows)
        return train_model(house.lake, house.registry, CHURN.model_copy(update={"name": name, "table": f"gold.{name}"}))

    everybody = people(house.spark, 0, 300)
    with pytest.raises(TooFewRows, match=r"gold\.stayers has 0 training rows with the label 1, but at least 3"):
        trained("stayers", everybody.where("left = 0"))
    few = everybody.where("left = 0").unionByName(everybody.where("left = 1").orderBy("id").limit(2))
    with pytest.raises(TooFewRows, match=r"gold\.two has 2 training rows with the label 1, but at least 3"):
        trained("two", few)


@pytest.fixture(scope="module")
def odd(house):
    """A training on a table with a constant column, infinities, and rows without a target."""
    rows = people(house.spark, 0, 600).withColumn("same", F.lit(7.0)).withColumn("empty", F.lit(None).cast("double"))
    rows = rows.withColumn("paid", F.when(F.col("id") % 50 == 0, float("inf")).otherwise(F.col("paid")))
    rows = rows.withColumn("left", F.when(F.col("id") % 10 != 0, F.col("left")))
    write(house.lake, "gold.odd", rows)
    features = CHURN.features.model_copy(update={"numeric": ("age", "member", "same")})
    settings = CHURN.model_copy(update={"name": "odd", "table": "gold.odd", "features": features})
    return SimpleNamespace(settings=settings, trained=train_model(house.lake, house.registry, settings))


def test_constant_columns_and_infinities_do_no_harm_and_rows_without_a_target_are_not_learnt_from(odd):
    assert odd.trained.run.counts.read == 540
    assert odd.trained.holdout["roc_auc"] > 0.7


def test_a_column_without_any_value_is_named(house, odd):
    features = odd.settings.features.model_copy(update={"numeric": ("age", "empty")})

    with pytest.raises(NoKnownValue, match="'empty'"):
        train_model(house.lake, house.registry, odd.settings.model_copy(update={"features": features}))


def test_unseen_levels_infinities_and_missing_values_are_scored(house, odd):
    rows = house.lake.read("gold.odd").where("id < 40").withColumn("plan", F.lit("unheard of"))
    write(house.lake, "gold.odd", rows.withColumns({"paid": F.lit(float("-inf")), "age": F.lit(None).cast("int")}))

    score_table(house.lake, house.registry, "odd")

    scored = house.lake.read("gold.odd_predictions")
    assert scored.where("probability between 0 and 1").count() == 40
