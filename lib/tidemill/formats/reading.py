"""Read files as they were delivered, for looking at them."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.formats.delivery import delivered
from tidemill.formats.listing import file_listing
from tidemill.formats.location import MissingFile, canonical_uri
from tidemill.formats.recognised import Recognised
from tidemill.formats.recognition import recognise_all
from tidemill.formats.stores import use_spark_settings

_READERS = 8
_PLACES = ("_raw", "_source", "_position")


def read(
    spark: SparkSession, path: str, declared: str = "auto", records: bool = False, records_in: str = ""
) -> DataFrame:
    """Read a file, or all files of a folder, as delivered.

    Text files are read once here, for columns that their heads do not show, and again with the result. Files of several
    formats may lie together; one that lacks a column of another has nulls there.

    Args:
        spark: the session.
        path: a folder, a glob or a file, as a local path or any URI that Hadoop can open.
        declared: the format that all files have, or `auto`: each by its content.
        records_in: where a file's records are, as `recognise` takes it in `records`.
        records: whether to keep the records that do not parse, and where each record was found.

    Returns:
        One row a record; every column a string under its delivered name, nested values as JSON. A csv record with too
        few fields has nulls in the others; the surplus of one with too many is in `column_N`, N the field's number.
        With `records` also `_raw` (the text of a record that did not parse, else null), `_source` and `_position`;
        without, those that did not parse are left out, and their number is logged.

    Raises:
        MissingFile: nothing is at the path.
        RunFailed: as `recognise`.
    """
    use_spark_settings(spark)
    uris = _files(spark, path)
    with ThreadPoolExecutor(_READERS) as readers:
        recognised = list(readers.map(lambda uri: recognise_all(uri, declared, records_in), uris))
    files = [(uri, each) for uri, found in zip(uris, recognised, strict=True) for each in found]
    names = list(dict.fromkeys(name for _, found in files for name in found.columns))
    rows = _named(spark, files, names)
    # These name all their columns, and all their records parse.
    if any(found.format not in ("parquet", "orc") for _, found in files):
        others, broken = _beyond_heads(rows)
        if others:
            names += sorted(others, key=_natural)
            rows = _named(spark, files, names)
        if broken and not records:
            structlog.get_logger().warning("records_left_out", path=path, records=broken, reason="did not parse")
    kept = rows if records else rows.where(F.col("_raw").isNull())
    columns = [F.col(_column(place)).alias(name) for place, name in enumerate(names)]
    return kept.select(*columns, *(_PLACES if records else ()))


def _files(spark: SparkSession, path: str) -> list[str]:
    listing = file_listing(spark, path)
    uris = sorted(canonical_uri(uri) for uri in listing.inputFiles()) if listing is not None else []
    if not uris:
        raise MissingFile(path)
    return uris


def _beyond_heads(rows: DataFrame) -> tuple[list[str], int]:
    """The names of what was delivered beside the named columns, and how many records did not parse."""
    others = F.map_keys(F.from_json("_rescued", "map<string,string>"))
    names = F.array_distinct(F.flatten(F.collect_set(others)))
    seen = rows.agg(names, F.count("_raw")).head(1)[0]
    return seen[0], seen[1]


def _named(spark: SparkSession, files: Sequence[tuple[str, Recognised]], names: Sequence[str]) -> DataFrame:
    # Delivered names may be anything, also `_source`.
    return delivered(spark, files, {_column(place): name for place, name in enumerate(names)}, ragged=True)


def _column(place: int) -> str:
    return f"c{place}"


def _natural(name: str) -> list[str | int]:
    """A key to sort names by, column_9 before column_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", name)]
