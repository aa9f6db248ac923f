"""How numbers are imputed, transformed and scaled: one fit of many columns, each a case of its own."""

import math
import statistics

import pytest
from pyspark.ml import Pipeline
from pyspark.sql import functions as F

from tidemill.features import FeatureSettings, feature_names, feature_stages
from tidemill.features.box_cox import NoKnownValue, NotPositive
from tidemill.features.numbers import UnlistedLevel

INFINITY = math.inf
SCHEMA = "by_median double, by_mean double, by_mode double, by_zero double, wild double, same double, quality string"
ROWS = [
    (1.0, 1.0, 5.0, 1.0, 1.0, 7.0, "poor"),
    (2.0, 2.0, 5.0, 2.0, math.nan, 7.0, "fair"),
    (9.0, 9.0, 2.0, None, INFINITY, 7.0, "good"),
    (None, None, 2.0, 4.0, -INFINITY, 7.0, None),
    (None, None, None, 5.0, 3.0, 7.0, "good"),
]
COLUMNS = ("by_median", "by_mean", "by_mode", "by_zero", "wild", "same")
QUALITY = {"quality": ("poor", "fair", "good")}


def settings(**changes):
    impute = {"columns": {"by_mean": "mean", "by_mode": "most_frequent", "by_zero": 0, "quality": 0}}
    given = {"numeric": COLUMNS, "ordinal": QUALITY, "impute": impute, "flag_missing": ("wild",), "scale": "none"}
    return FeatureSettings(**{**given, **changes})


def fitted(rows, **changes):
    return Pipeline(stages=feature_stages(settings(**changes))).fit(rows)


def places(model, rows):
    """The vectors of the rows, turned: place by place."""
    names = feature_names(model)
    vectors = [row[0].toArray() for row in model.transform(rows).select("features").collect()]
    return {name: [round(float(vector[at]), 9) for vector in vectors] for at, name in enumerate(names)}


@pytest.fixture(scope="module")
def rows(spark):
    return spark.createDataFrame(ROWS, SCHEMA).coalesce(1)


@pytest.fixture(scope="module")
def unscaled(rows):
    return fitted(rows)


def test_each_column_is_imputed_as_it_is_told(unscaled, rows):
    made = places(unscaled, rows)

    assert made["by_median"] == [1, 2, 9, 2, 2]
    assert made["by_mean"] == [1, 2, 9, 4, 4]
    assert made["by_mode"] == [5, 5, 2, 2, 2]  # Of two equally frequent values the smaller.
    assert made["by_zero"] == [1, 2, 0, 4, 5]


def test_nan_and_infinities_count_as_missing(unscaled, rows):
    made = places(unscaled, rows)

    assert made["wild"] == [1, 1, 1, 1, 3]
    assert made["wild missing"] == [0, 1, 1, 1, 0]


def test_an_ordinal_level_is_its_place_in_the_list_and_missing_or_unseen_ones_are_imputed(unscaled, rows):
    unseen = rows.limit(1).withColumn("quality", F.lit("excellent"))

    assert places(unscaled, rows)["quality"] == [1, 2, 3, 0, 3]
    assert places(unscaled, unseen)["quality"] == [0]


@pytest.mark.parametrize(
    ("scale", "centre", "width"),
    [
        ("standard", statistics.fmean([1, 2, 9, 2, 2]), statistics.stdev([1, 2, 9, 2, 2])),
        ("robust", 2, 8),
        ("min_max", 1, 8),
    ],
)
def test_a_scale_is_that_of_the_training_rows(rows, scale, centre, width):
    made = places(fitted(rows, scale=scale, numeric=("by_median", "same"), impute={}, flag_missing=()), rows)

    assert made["by_median"] == pytest.approx([(value - centre) / width for value in (1, 2, 9, 2, 2)])
    assert made["same"] == [0, 0, 0, 0, 0]


def test_statistics_are_of_the_training_rows_alone(rows, unscaled):
    extreme = rows.withColumns({column: F.lit(1e9) for column in COLUMNS}).withColumn("quality", F.lit("poor"))
    changed = rows.withColumn("part", F.lit("train")).unionByName(extreme.withColumn("part", F.lit("test")))
    options = {"scale": "standard", "box_cox": ("by_zero",), "numeric": COLUMNS[:3], "flag_missing": ()}
    options["impute"] = {"columns": {"by_zero": "mean", "by_mode": "most_frequent"}}

    alone, beside = (fitted(each, **options) for each in (rows, changed.where("part = 'train'")))

    assert [stage.getStatement() for stage in alone.stages[:2]] == [stage.getStatement() for stage in beside.stages[:2]]
    assert places(alone, extreme) == places(beside, extreme)


def test_values_outside_of_a_transform_stop_a_training_and_are_imputed_later(spark):
    rows = spark.createDataFrame([(1.0,), (3.0,), (7.0,)], "x double").coalesce(1)
    bad = spark.createDataFrame([(-1.0,), (-2.0,), (3.0,)], "x double")
    log, power = ({"numeric": (), kind: ("x",), "scale": "none"} for kind in ("log1p", "box_cox"))

    with pytest.raises(NotPositive, match="2 training rows have a value of 'x' that is not above -1"):
        Pipeline(stages=feature_stages(FeatureSettings(**log))).fit(bad)
    with pytest.raises(NotPositive, match="2 training rows have a value of 'x' that is not positive"):
        Pipeline(stages=feature_stages(FeatureSettings(**power))).fit(bad)
    for options in (log, power):
        model = Pipeline(stages=feature_stages(FeatureSettings(**options))).fit(rows)
        (made,) = places(model, bad).values()
        assert made[0] == made[1] == made[2]  # 3 is the training rows' median.


def test_a_column_without_a_known_value_is_named(rows):
    empty = rows.withColumn("by_mean", F.lit(None).cast("double"))

    with pytest.raises(NoKnownValue, match="no training row has a finite value of 'by_mean'"):
        fitted(empty)
    given = {"columns": {"by_mean": 4, "by_mode": "most_frequent"}}
    assert places(fitted(empty, impute=given), empty)["by_mean"] == [4, 4, 4, 4, 4]


def test_a_level_that_the_list_misses_is_named(rows):
    with pytest.raises(UnlistedLevel, match=r"2 training rows have a level of 'quality' .* such as 'good'"):
        fitted(rows, ordinal={"quality": ("poor", "fair")})


def test_a_product_is_missing_where_a_factor_is_unless_that_has_a_number_of_its_own(rows):
    pairs = (("by_median", "same"), ("same", "by_zero"))

    made = places(fitted(rows, interactions=pairs), rows)

    assert made["by_median x same"] == [7, 14, 63, 14, 14]
    assert made["same x by_zero"] == [7, 14, 0, 28, 35]
