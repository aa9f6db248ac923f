"""The jobs that are compared, each in a process of its own: python -m ingestion.jobs JOB FOLDER HOME."""

import json
import sys

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ingestion.deequ import row_level_results
from ingestion.orders import TYPES, contract
from tidemill.contract import Contract
from tidemill.formats import delivered, recognise
from tidemill.ingest import ingest_batch
from tidemill.lake import Lake, Mark
from tidemill.session import keep_lookups
from tidemill.sources.files import list_files


def checked(lake: Lake, own: Contract) -> dict[str, int]:
    """What tidemill does: bronze, silver, quarantine and the ledger, with every check of the contract."""
    runs = ingest_batch(lake.spark, lake, own)
    return {
        "runs": len(runs),
        "accepted": sum(run.counts.accepted for run in runs),
        "quarantined": sum(run.counts.quarantined for run in runs),
    }


def unchecked(lake: Lake, own: Contract) -> dict[str, int]:
    """The same job with none of the twenty checks: it only sees to it that each value is one of its type."""
    return checked(lake, Contract.model_validate(contract(own.source.path, checks=False)))


def bare(lake: Lake, own: Contract) -> dict[str, int]:
    """The same files to bronze and silver with nothing checked: a value that is none of its type becomes null."""
    typed = _typed(_bronze(lake, own))
    lake.append("silver.orders", typed.select(*TYPES, *_stamp()), Mark("r", "s", 1))
    return {}


def deequ(lake: Lake, own: Contract) -> dict[str, int]:
    """The same files to bronze, silver and quarantine, the checks made by Deequ with row-level results."""
    typed = _typed(_bronze(lake, own)).persist(StorageLevel.MEMORY_AND_DISK)
    results, names = row_level_results(lake.spark, typed, own)
    passed = F.lit(True)
    for name in names:
        passed = passed & F.col(f"`{name}`")
    kept = results.withColumn("_passed", passed).persist(StorageLevel.MEMORY_AND_DISK)
    lake.append("silver.orders", kept.where("_passed").select(*TYPES, *_stamp()), Mark("r", "s", 1))
    failed = F.filter(
        F.array(*[F.when(~F.col(f"`{name}`"), F.lit(name)) for name in names]), lambda one: one.isNotNull()
    )
    record = F.to_json(F.struct(*[F.col(f"_text.{name}") for name in TYPES]))
    refused = kept.where(~F.col("_passed")).select(
        failed.alias("_failures"), record.alias("_record"), "_source", "_position", F.current_timestamp().alias("_at")
    )
    lake.append("quarantine.orders", refused, Mark("r", "s", 1))
    counts = {row[0]: row[1] for row in kept.groupBy("_passed").count().collect()}
    return {"accepted": counts.get(True, 0), "quarantined": counts.get(False, 0)}


def _bronze(lake: Lake, own: Contract) -> DataFrame:
    files = [(file.uri, recognise(file.uri)) for file in list_files(lake.spark, own.source.path)]
    rows = delivered(lake.spark, files, own.delivered_names)
    stamped = rows.withColumns({"_run_id": F.lit("r"), "_ingested_at": F.current_timestamp()})
    lake.append("bronze.orders", stamped, Mark("r", "s", 1), statistics=("_run_id", "_source"))
    return lake.read("bronze.orders").where("_run_id = 'r'")


def _typed(bronze: DataFrame) -> DataFrame:
    text = F.struct(*TYPES).alias("_text")
    typed = [F.expr(f"try_cast({name} as {kind})").alias(name) for name, kind in TYPES.items()]
    return bronze.select(*typed, text, "_source", "_position")


def _stamp() -> list[object]:
    return ["_source", F.lit("r").alias("_run_id"), F.current_timestamp().alias("_loaded_at")]


JOBS = {"checked": checked, "unchecked": unchecked, "bare": bare, "deequ": deequ}

if __name__ == "__main__":
    job, folder, home = sys.argv[1:]
    spark = SparkSession.builder.appName(job).getOrCreate()
    keep_lookups(spark)
    told = JOBS[job](Lake(spark, f"{home}/lake"), Contract.model_validate(contract(folder)))
    spark.stop()
    print(json.dumps(told))
