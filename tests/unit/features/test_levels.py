import pytest
from pyspark.ml import Pipeline, PipelineModel

from tidemill.features import FeatureSettings, LevelEncoder, feature_names, feature_stages, levels
from tidemill.features.levels import LevelFiller, TooManyLevels
from tidemill.features.prepared import PAIRED, UNKNOWN

SCHEMA = "age double, plan string, city string"
ROWS = [(1.0, "flat", "Bonn"), (3.0, "flat", None), (5.0, "metered", "Bonn"), (7.0, None, "Kiel")]
CROSSED = FeatureSettings(
    numeric=("age",),
    categorical=("plan", "city"),
    interactions=(("age", "plan"), ("plan", "city")),
    impute={"columns": {"plan": "most_frequent", "city": "nowhere"}},
    scale="none",
)


@pytest.fixture(scope="module")
def rows(spark):
    return spark.createDataFrame(ROWS, SCHEMA).coalesce(1)


@pytest.fixture(scope="module")
def model(rows, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("crossed") / "model")
    Pipeline(stages=feature_stages(CROSSED)).fit(rows).save(path)
    return PipelineModel.load(path)


def made(model, rows):
    names = feature_names(model)
    vectors = [row[0].toArray() for row in model.transform(rows).select("features").collect()]
    return [{name: float(value) for name, value in zip(names, each, strict=True) if value} for each in vectors]


def test_a_number_takes_the_place_of_its_level_and_two_levels_make_one_of_their_own(model, rows):
    first, second, third, _ = made(model, rows)

    assert first == {"age": 1, "plan=flat": 1, "city=Bonn": 1, "plan=flat x city=Bonn": 1, "plan=flat x age": 1}
    assert second == {
        **{"age": 3, "plan=flat": 1, "city=nowhere": 1, "plan=flat x city=nowhere": 1, "plan=flat x age": 3}
    }
    assert third["plan=metered x age"] == 5


def test_a_missing_level_may_count_as_the_most_frequent_one(model, rows):
    assert made(model, rows)[3] == {
        **{"age": 7, "plan=flat": 1, "city=Kiel": 1, "plan=missing x city=Kiel": 1, "plan=flat x age": 7}
    }


def test_a_pair_s_level_is_none_of_a_column_s(spark):
    pair = f"plan=missing{PAIRED}city=Bonn"
    rows = spark.createDataFrame([([f"plan={UNKNOWN}", pair],)] * 3 + [(["plan=flat"],)], "l array<string>")

    filled = LevelFiller("l", "filled", ["plan"]).fit(rows).transform(rows).select("filled").distinct().collect()

    assert sorted(row["filled"] for row in filled) == [["plan=flat"], ["plan=flat", pair]]


def test_an_unseen_level_has_no_place_in_pairs_either(model, spark):
    assert made(model, spark.createDataFrame([(2.0, "new", "Bonn")], SCHEMA)) == [{"age": 2, "city=Bonn": 1}]


def test_more_levels_than_a_vector_should_have_are_an_error_and_rare_ones_do_not_count(spark, monkeypatch):
    monkeypatch.setattr(levels, "MOST_LEVELS", 3)
    rows = spark.range(6).selectExpr("array(concat('id=', id), 'plan=a') as l")

    with pytest.raises(TooManyLevels, match=r"more than 3 levels, \d of them of 'id'"):
        LevelEncoder(inputCol="l", outputCol="v").fit(rows)
    assert LevelEncoder(inputCol="l", outputCol="v", rareBelow=0.5).fit(rows).vocabulary == ["plan=a"]
