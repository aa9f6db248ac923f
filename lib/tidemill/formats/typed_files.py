"""Read typed files that Spark cannot number or open - ORC, and Parquet behind a compression - into bronze's layout."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from tidemill.formats.arrow_types import as_read, read_type, spark_type
from tidemill.formats.compression import opened, source_uri, unpacked
from tidemill.formats.layout import POSITION_DIGITS
from tidemill.formats.location import open_file
from tidemill.formats.orc_shape import orc_batches, orc_schema
from tidemill.formats.parquet_rows import nanosecond_text
from tidemill.formats.parquet_shape import TruncatedParquet, parquet_schema
from tidemill.formats.recognised import Recognised
from tidemill.formats.stores import use_settings, use_spark_settings
from tidemill.formats.typed_columns import delivered_columns, quoted

_SOURCE, _POSITION = "_tidemill_source", "_tidemill_position"
_ROWS = 1 << 14


def typed_rows(
    spark: SparkSession, tasks: Sequence[Sequence[tuple[str, Recognised]]], fields: Mapping[str, str]
) -> DataFrame:
    """Read files of one schema, each on the executor that has its task.

    Spark's ORC reader does not number rows, and no reader of Spark's opens Parquet or ORC behind a compression. So the
    files are read with Arrow, a stripe or row group at a time, and their values written by Spark, as Parquet's are.
    What is compressed is unpacked to the executor's temporary folder, one file at a time.

    Args:
        spark: the session.
        tasks: the files, by task; the first one's footer is read here for the schema.
        fields: contract column name -> delivered name, or a dotted path into a struct.

    Returns:
        `formats.delivered`'s columns; `_raw` is always null. The position of a record is its row, counted from 1.

    Raises:
        DamagedOrc, TruncatedParquet: the first file's footer cannot be read; on the executors: any other part.
    """
    store = use_spark_settings(spark)
    schema = _schema(*tasks[0][0])
    columns = [StructField(field.name, spark_type(read_type(field.type))) for field in schema]
    places = [StructField(_SOURCE, StringType()), StructField(_POSITION, StringType())]
    target = pa.schema([pa.field(field.name, read_type(field.type)) for field in schema])

    def parse(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        use_settings(store)
        for batch in batches:
            for task in batch.column(0).to_pylist():
                for uri, recognised in json.loads(task):
                    yield from _placed(uri, Recognised.from_json(recognised), target)

    dealt = [(json.dumps([(uri, recognised.to_json()) for uri, recognised in task]),) for task in tasks]
    frame = spark.createDataFrame(dealt, "files string").coalesce(1).repartition(len(dealt))
    rows = frame.mapInArrow(parse, StructType([*columns, *places]))
    precise = [field.name for field in schema if pa.types.is_timestamp(field.type) and field.type.unit == "ns"]
    rows = rows.withColumns({name: nanosecond_text(quoted([name])) for name in precise})
    delivered = StructType([field for field in rows.schema if field.name not in (_SOURCE, _POSITION)])
    return rows.select(
        *delivered_columns(delivered, fields), F.col(_SOURCE).alias("_source"), F.col(_POSITION).alias("_position")
    )


def _placed(uri: str, recognised: Recognised, target: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The batches of one file, each row with its source and its number."""
    source, first = source_uri(uri, recognised.member), 1
    for whole in _batches(uri, recognised):
        for start in range(0, whole.num_rows, _ROWS):
            batch = whole.slice(start, _ROWS)
            numbers = [str(number).zfill(POSITION_DIGITS) for number in range(first, first + batch.num_rows)]
            places = [pa.repeat(pa.scalar(source), batch.num_rows), pa.array(numbers, pa.string())]
            values = [as_read(batch.column(place), field.type) for place, field in enumerate(target)]
            yield pa.RecordBatch.from_arrays([*values, *places], names=[*target.names, _SOURCE, _POSITION])
            first += batch.num_rows


def _batches(uri: str, recognised: Recognised) -> Iterator[pa.RecordBatch]:
    path = source_uri(uri, recognised.member)
    with _whole(uri, recognised) as (file, location):
        if recognised.format == "orc":
            yield from orc_batches(location, path)
            return
        try:
            yield from pq.ParquetFile(file).iter_batches(_ROWS)
        except (pa.ArrowException, OSError) as error:
            raise TruncatedParquet(path, " ".join(str(error).split())[:120]) from None


def _schema(uri: str, recognised: Recognised) -> pa.Schema:
    with _whole(uri, recognised) as (file, location):
        return orc_schema(location, uri) if recognised.format == "orc" else parquet_schema(file, uri)


@contextmanager
def _whole(uri: str, recognised: Recognised) -> Iterator[tuple[BinaryIO, str]]:
    """The file, unpacked where it has to be, and where that lies."""
    with open_file(uri) as file, opened(file, recognised.compression, uri, recognised.member) as (content, _):
        if not recognised.compression:
            yield content, uri
        else:
            with unpacked(content) as copy:
                yield copy, copy.name
