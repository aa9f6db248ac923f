"""List what is at a path, wherever Hadoop can look."""

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession


def file_listing(spark: SparkSession, path: str) -> DataFrame | None:
    """Spark's binaryFile frame of the files at a path, to any depth, none opened; None where nothing is there.

    Names that begin with `_` or `.` are passed over, as Spark does everywhere. Its `inputFiles()` also names the empty
    files, of which the frame has no row.
    """
    try:
        return spark.read.format("binaryFile").option("recursiveFileLookup", True).load(path)
    except AnalysisException as error:
        if error.getErrorClass() == "PATH_NOT_FOUND":
            return None
        raise
