import pytest
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import functions as F

from tidemill.features import row_map
from tidemill.features.row_map import TooFewPoints


@pytest.fixture(scope="module")
def rows(spark):
    group = (F.col("id") % 2).cast("double")
    near = [(100 * group + F.pmod(F.xxhash64("id", F.lit(at)), F.lit(10))).alias(f"x{at}") for at in range(3)]
    return VectorAssembler(inputCols=["x0", "x1", "x2"], outputCol="features").transform(
        spark.range(200, numPartitions=3).select("id", group.alias("group"), *near)
    )


def test_the_same_sample_is_mapped_each_time_and_keeps_groups_apart(rows):
    points = row_map(rows, ["id"], ["group", "id"], most=60, perplexity=10)

    again = row_map(rows.repartition(2, "group"), ["id"], ["group", "id"], most=60, perplexity=10)
    assert points == again
    assert len(points) == 60
    nearest = [
        min((p for p in points if p != one), key=lambda p: (p.x - one.x) ** 2 + (p.y - one.y) ** 2) for one in points
    ]
    assert sum(one.told[0] == other.told[0] for one, other in zip(points, nearest, strict=True)) >= 57


def test_a_map_of_too_few_rows_is_refused(rows):
    with pytest.raises(TooFewPoints, match=r"at least 31 rows .* there are 20"):
        row_map(rows, ["id"], most=20, perplexity=10)
