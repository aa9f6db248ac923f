"""The time of a micro-batch, and the code that Spark generates."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.streams.moments import moment, with_moment

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def compiling(spark: SparkSession) -> SparkSession:
    """A session that generates code for whole stages, as a stream's does."""
    session = spark.newSession()
    session.conf.set("spark.sql.codegen.wholeStage", "true")
    session.conf.set("spark.sql.codegen.factoryMode", "FALLBACK")
    return session


def stages(spark: SparkSession, plan: Any) -> list[str]:
    """The generated code of each stage of a physical plan."""
    assert spark._jvm is not None
    package = getattr(spark._jvm.org.apache.spark.sql.execution.debug, "package$")
    told: str = getattr(package, "MODULE$").codegenString(plan)
    return [stage.partition("Generated code:")[2] for stage in told.split("== Subtree ")[1:]]


def test_all_rows_have_the_time_that_was_given(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("a",), (None,)], "name string").withColumn("at", F.lit(NOON))

    told = rows.select("name", moment(F.lit(NOON), F.col("name").isNull()).eqNullSafe(F.col("at")).alias("same"))

    assert [row.same for row in told.collect()] == [True, True]


def test_the_code_for_another_time_is_the_same_code(compiling: SparkSession) -> None:
    rows = compiling.createDataFrame([("a",), (None,)], "name string")

    def code(time: Column) -> list[str]:
        return stages(compiling, rows.select(F.upper("name"), time)._jdf.queryExecution().executedPlan())

    def looked_up(at: datetime) -> list[str]:
        return code(moment(F.lit(at), F.col("name").isNull()))

    later = NOON + timedelta(hours=1)
    assert code(F.lit(NOON)) != code(F.lit(later)), "a constant is written into the code"
    assert looked_up(NOON) == looked_up(later)


def test_in_a_stream_the_code_of_what_follows_does_not_have_the_time(compiling: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.txt").write_text("a\nb\n")
    lines = compiling.readStream.text(str(tmp_path / "in"))
    timed = with_moment(lines, "at", F.current_timestamp(), F.col("value").isNull())
    found: list[datetime] = []

    def look(rows: DataFrame, _: int) -> None:
        found.extend(row.at for row in rows.select(F.unix_micros("at").alias("at")).collect())

    query = timed.withColumn("value", F.reverse("value")).writeStream.foreachBatch(look)
    running = query.option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start()
    running.awaitTermination()

    last: Any = running
    code = stages(compiling, last._jsq.streamingQuery().lastExecution().executedPlan())
    assert len(set(found)) == 1
    assert len(found) == 2
    having = [stage for stage in code if f"{found[0]}L" in stage]
    following = [stage for stage in code if "reverse" in stage]
    assert having
    assert following
    assert not set(having) & set(following)
