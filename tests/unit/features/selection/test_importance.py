"""Permutation importance and recursive elimination on a target that two of four columns make."""

import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.regression import LinearRegression
from pyspark.sql import functions as F

from tidemill.features import FeatureSettings, MissingColumns, feature_stages
from tidemill.features.selection import NoWeights, column_weights, eliminate, permutation_importance
from tidemill.validation import gather_figures, regression_figures, regression_figures_by

SETTINGS = FeatureSettings(numeric=("strong", "idle"), log1p=("other",), categorical=("plan",))


def rmse(predicted):
    return regression_figures(predicted)["rmse"]


def rmse_by(predicted, column):
    figures = gather_figures(regression_figures_by(predicted, (column,)), (column,))
    return {value: each["rmse"] for (value,), each in figures.items()}


def noise(name):
    return F.pmod(F.xxhash64("id", F.lit(name)), F.lit(1000)) / 1000


def pipeline(columns):
    return Pipeline(stages=[*feature_stages(SETTINGS.only(columns)), LinearRegression(maxIter=5)])


@pytest.fixture(scope="module")
def parts(spark):
    plan = F.when(noise("plan") < 0.5, "flat").otherwise("metered")
    columns = [noise(name).alias(name) for name in ("strong", "idle", "other")]
    rows = spark.range(400, numPartitions=2).select("id", *columns, plan.alias("plan"))
    made = 5 * F.col("strong") + F.when(F.col("plan") == "flat", 1.0).otherwise(0.0) + 0.2 * noise("label")
    rows = rows.withColumn("label", made).cache()
    yield rows.where("id % 4 > 0"), rows.where("id % 4 = 0")
    rows.unpersist()


@pytest.fixture(scope="module")
def model(parts):
    return pipeline(SETTINGS.columns).fit(parts[0])


@pytest.fixture(scope="module")
def found(model, parts):
    return permutation_importance([(model, parts[1])], SETTINGS.columns, rmse_by, False, ["id"])


def test_the_columns_that_make_the_target_are_found_in_order(found):
    strong, plan, *rest = found

    assert (strong.column, plan.column) == ("strong", "plan")
    assert strong.mean > plan.mean > 0.2
    assert all(abs(each.mean) < 0.02 for each in rest)


def test_an_importance_is_the_loss_where_each_row_has_the_next_one_s_value(model, parts, found):
    rows = sorted(parts[1].withColumn("place", F.xxhash64(F.lit(0), "id")).collect(), key=lambda row: row["place"])
    plans = {row["id"]: rows[(at + 1) % len(rows)]["plan"] for at, row in enumerate(rows)}
    swapped = (
        parts[1]
        .drop("plan")
        .join(parts[1].sparkSession.createDataFrame(list(plans.items()), "id long, plan string"), "id")
    )

    expected = rmse(model.transform(swapped)) - rmse(model.transform(parts[1]))

    assert found[1].mean == pytest.approx(expected, abs=1e-12)


def test_the_same_rows_give_the_same_importances_however_they_are_partitioned(model, parts, found):
    held_out = parts[1].repartition(3, "plan")

    again = permutation_importance([(model, held_out)], ["plan", "strong"], rmse_by, False, ["id"])

    assert [each.mean for each in again] == pytest.approx([each.mean for each in found[:2]])


def test_a_column_that_held_out_rows_lack_is_named(model, parts):
    with pytest.raises(MissingColumns, match="no column 'strongest'"):
        permutation_importance([(model, parts[1])], ["strongest"], rmse_by, False, ["id"])


def test_the_least_columns_go_first_and_the_best_size_is_found(parts):
    found = eliminate(SETTINGS.columns, pipeline, [parts], rmse, larger_is_better=False, least=1, share=0.5)

    assert [set(step.columns) for step in found.steps[1:]] == [{"strong", "plan"}, {"strong"}]
    assert found.best < 2
    assert found.steps[2].mean > 2 * found.steps[1].mean


def test_a_model_without_weights_of_its_own_is_told(model):
    with pytest.raises(NoWeights, match="none of the stages AddedColumns"):
        column_weights(PipelineModel(model.stages[:-1]))
