"""Look the JVM's classes up once, not once an expression."""

from pyspark.sql import SparkSession

# What pyspark, delta and tidemill ask for again and again while they build a query.
CLASSES = (
    "Column",
    "PythonSQLUtils",
    "PythonUtils",
    "SparkSession",
    "functions",
    "io.delta.tables.DeltaTable",
    "org.apache.spark.sql.catalyst.expressions.UnresolvedNamedLambdaVariable",
    "org.apache.spark.sql.delta.DeltaLog",
)


def keep_lookups(spark: SparkSession) -> None:
    """Keep the classes that queries are built with.

    py4j asks the JVM for a class by every name that it could have, each time one is mentioned, and the JVM looks
    through all its jars for each of these names: with three hundred jars a millisecond for every `F.col` and twenty for
    a `F.filter`. An attribute that is set on the view is not asked for again.
    """
    for path in CLASSES:
        place = spark._jvm
        for name in path.split("."):
            found = getattr(place, name)
            setattr(place, name, found)
            place = found
