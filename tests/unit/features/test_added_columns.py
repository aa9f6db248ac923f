from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer

from tidemill.features import AddedColumns


def test_a_stage_that_adds_columns_is_saved_and_loaded_as_spark_s_own_with_the_same_columns(spark, tmp_path):
    rows = spark.createDataFrame([(1, None), (2, 4.0)], "id int, `paid in` double")
    stage = AddedColumns({"known": "coalesce(`paid in`, 0.5D)", "an id": "concat('it''s ', id)"})
    PipelineModel([stage]).save(str(tmp_path / "model"))

    loaded = PipelineModel.load(str(tmp_path / "model"))

    assert type(loaded.stages[0]) is SQLTransformer
    assert loaded.transform(rows).collect() == stage.transform(rows).collect()
    assert stage.copy().transform(rows).columns == ["id", "paid in", "known", "an id"]
    assert [row["known"] for row in stage.transform(rows).collect()] == [0.5, 4.0]
