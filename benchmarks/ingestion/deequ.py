"""The contract's checks made by Deequ: one check a rule, with a boolean column a check for every row.

Deequ (https://github.com/awslabs/deequ, Apache licence) is fetched for this benchmark alone.
"""

import subprocess
from pathlib import Path
from typing import Any

import pyspark
from pyspark.sql import DataFrame, SparkSession

from tidemill.contract import Contract

ARTIFACT = ("com.amazon.deequ", "deequ", "2.0.7-spark-3.5")
IVY_SETTINGS = Path(__file__).parents[2] / "deploy/setup/ivysettings.xml"


def conditions(own: Contract) -> dict[str, str]:
    """Name and SQL condition of each check; the condition is true where the row passes, null where it has no value."""
    found = {}
    for name, column in own.columns.items():
        if column.type != "string":
            found[f"{name}.type"] = f"{name} is not null or _text.{name} is null"
        if column.required:
            found[f"{name}.required"] = f"_text.{name} is not null"
        for bound, sign in (("min", ">="), ("max", "<=")):
            if getattr(column, bound) is not None:
                found[f"{name}.{bound}"] = f"{name} {sign} cast('{getattr(column, bound)}' as {column.type})"
        if column.one_of:
            found[f"{name}.one_of"] = f"{name} in ({', '.join(repr(one) for one in column.one_of)})"
        if column.pattern:
            found[f"{name}.pattern"] = f"{name} rlike '{column.pattern}'"
        if column.length:
            found[f"{name}.length"] = f"length({name}) between {column.length.min} and {column.length.max}"
    return found | {check.name: check.sql for check in own.row_checks}


def row_level_results(spark: SparkSession, rows: DataFrame, own: Contract) -> tuple[DataFrame, list[str]]:
    """The rows with a boolean column for each check, and the names of these columns."""
    package = spark._jvm.com.amazon.deequ
    nothing = spark._jvm.scala.Option.empty()
    suite = package.VerificationSuite.apply().onData(rows._jdf)
    named = {name: f"coalesce({condition}, true)" for name, condition in conditions(own).items()}
    for name, condition in named.items():
        level = package.checks.CheckLevel.Error()
        check = package.checks.Check(level, name, _no_constraints(spark))
        asserted = getattr(check, "satisfies$default$3")()
        columns = getattr(check, "satisfies$default$5")()
        suite = suite.addCheck(check.satisfies(condition, name, asserted, nothing, columns, nothing))
    verified = suite.run()
    results = package.VerificationResult.rowLevelResultsAsDataFrame(spark._jsparkSession, verified, rows._jdf)
    return DataFrame(results, spark), list(named)


def _no_constraints(spark: SparkSession) -> Any:
    return spark._jvm.scala.collection.JavaConverters.asScalaBuffer(spark._jvm.java.util.ArrayList()).toSeq()


def fetch(folder: Path) -> str:
    """Fetch the jars and return them as a class path.

    Raises:
        CalledProcessError: they cannot be had.
    """
    spark = Path(pyspark.__file__).parent / "jars"
    organisation, module, revision = ARTIFACT
    ivy = folder / "ivy.xml"
    folder.mkdir(parents=True, exist_ok=True)
    ivy.write_text(
        '<ivy-module version="2.0"><info organisation="tidemill" module="deequ"/><configurations>'
        '<conf name="default"/></configurations><dependencies defaultconf="default->default">'
        f'<dependency org="{organisation}" name="{module}" rev="{revision}"/>'
        '<exclude org="org.apache.spark"/><exclude org="org.scala-lang"/><exclude org="org.slf4j"/>'
        "</dependencies></ivy-module>"
    )
    jars = folder / "jars"
    command = ["java", "-jar", str(next(spark.glob("ivy-*.jar"))), "-settings", str(IVY_SETTINGS), "-ivy", str(ivy)]
    command += [
        "-cache",
        str(folder / "cache"),
        "-types",
        "jar",
        "bundle",
        "-retrieve",
        f"{jars}/[artifact]-[revision].[ext]",
    ]
    subprocess.run(command, check=True, capture_output=True)
    return ",".join(sorted(map(str, jars.glob("*.jar"))))
