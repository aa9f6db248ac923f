import math

import pytest
from pyspark.ml import Pipeline, PipelineModel

from tidemill.features import FEATURES, FeatureSettings, MissingColumns, feature_stages, require_columns

SCHEMA = "age int, paid double, plan string"
TRAINING = [(10, 0.0, "a"), (20, math.e - 1, "a"), (30, None, "b"), (None, 1.0, None)]


def settings(**changes):
    return FeatureSettings(**{"numeric": ("age",), "log1p": ("paid",), "categorical": ("plan",), **changes})


def fitted(spark, rows=TRAINING, **changes):
    return Pipeline(stages=feature_stages(settings(**changes))).fit(spark.createDataFrame(rows, SCHEMA))


@pytest.fixture(scope="module")
def plain(spark):
    """Fitted with nothing changed; the tests only ask it."""
    return fitted(spark)


def vectors(spark, model, *rows):
    out = model.transform(spark.createDataFrame(rows, SCHEMA))
    return [[round(value, 6) for value in row[FEATURES].toArray()] for row in out.select(FEATURES).collect()]


def test_numbers_are_scaled_and_levels_take_their_places_in_the_alphabets_order(spark, plain):
    (first, second) = vectors(spark, plain, (20, 0.0, "b"), (20, 0.0, None))

    assert first[0] == 0  # 10, 20, 30 and the median 20: their mean is 20
    assert first[2:] == [0, 1, 0]  # plan=a, plan=b, plan=missing
    assert second[2:] == [0, 0, 1]


def test_a_missing_number_is_the_training_rows_median(spark, plain):
    assert vectors(spark, plain, (None, None, "a")) == vectors(spark, plain, (20, 1.0, "a"))


def test_a_level_not_seen_in_training_has_no_place(spark, plain):
    assert vectors(spark, plain, (20, 1.0, "new"))[0][2:] == [0, 0, 0]


def test_a_rare_level_counts_as_unseen(spark):
    model = fitted(spark, rare_below=0.3)

    assert [row[2:] for row in vectors(spark, model, (20, 1.0, "a"), (20, 1.0, "b"))] == [[1], [0]]


def test_fitted_stages_are_sparks_own_and_come_back_from_disk_alike(spark, plain, tmp_path):
    model = plain
    model.save(str(tmp_path / "model"))

    again = PipelineModel.load(str(tmp_path / "model"))

    rows = [(11, 2.0, "b"), (None, None, None)]
    assert vectors(spark, again, *rows) == vectors(spark, model, *rows)
    assert {type(stage).__module__ for stage in again.stages} == {"pyspark.ml.feature"}


def test_a_model_can_do_without_categories(spark):
    assert len(vectors(spark, fitted(spark, categorical=()), (1, 1.0, "a"))[0]) == 2


def test_a_column_that_the_table_lacks_is_named_with_the_nearest_one():
    with pytest.raises(MissingColumns, match=r"gold\.t has no column 'agee', .* Did you mean 'age'\?"):
        require_columns("gold.t", ["age", "plan"], ["plan", "agee"])
