import pytest
from pyspark.sql import functions as F
from scipy import stats

from tidemill.features.box_cox import Fitted, box_cox_sql, fit_box_cox, inverse_sql


@pytest.fixture(scope="module")
def rows(spark):
    noise = (F.pmod(F.xxhash64("id"), F.lit(10_000)) + 1) / 10_001
    normal = F.sqrt(-2 * F.log(noise)) * F.cos(F.col("id") * 2.4)
    return spark.range(0, 800, numPartitions=2).select(
        F.exp(12 + 0.4 * normal).alias("price"),
        ((3 + 0.5 * normal) ** 4).alias("power"),
        (1950 + 40 * noise).alias("year"),
        F.lit(3.0).alias("same"),
        F.when(F.col("id") % 3 > 0, 1 / (2 + 0.2 * normal) ** 2).alias("gaps"),
    )


@pytest.fixture(scope="module")
def powers(rows):
    return fit_box_cox(rows, {name: f"`{name}`" for name in rows.columns})


@pytest.mark.parametrize("column", ["price", "power", "gaps"])
def test_the_power_is_scipys(rows, powers, column):
    values = [row[0] for row in rows.select(column).dropna().collect()]

    _, expected = stats.boxcox(values)

    assert powers[column].power == pytest.approx(expected, abs=2e-3)


def test_a_constant_column_keeps_its_scale_and_no_power_is_beyond_five(powers):
    assert powers["same"].power == 1
    assert -5 <= powers["year"].power <= 5


@pytest.mark.parametrize("power", [-2.0, -1e-12, 0.0, 0.3, 1.0, 5.0])
def test_the_way_back_is_exact(spark, power):
    values = [0.2, 1.0, 3.5, 20.0]
    rows = spark.createDataFrame([(value,) for value in values], "x double")
    there = rows.selectExpr("x", f"{box_cox_sql('x', power)} as y")

    back = there.selectExpr("x", f"{inverse_sql('y', Fitted(power, 0.2, 20.0))} as again").collect()

    assert [row["again"] for row in back] == pytest.approx([row["x"] for row in back], rel=1e-9)


def test_what_is_no_values_transform_becomes_the_training_rows_extreme(spark):
    one = spark.range(1).selectExpr("-9.0D as low", "9.0D as high")

    low = one.selectExpr(inverse_sql("low", Fitted(0.5, 2.0, 8.0))).head()[0]
    high = one.selectExpr(inverse_sql("high", Fitted(-0.5, 2.0, 8.0))).head()[0]

    assert (low, high) == (2.0, 8.0)
