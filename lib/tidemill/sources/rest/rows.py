"""Parse spooled pages into bronze's layout, on the executors."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession

from tidemill.formats import layout_schema
from tidemill.formats.json_records import taken
from tidemill.formats.json_text import json_text
from tidemill.formats.layout import Layout, Raw, Row
from tidemill.formats.stores import use_settings, use_spark_settings
from tidemill.sources.rest.content import parsed, records_in
from tidemill.sources.rest.spool import opened_page

# As for files: small tasks for few pages, and none of much more than these bytes.
_TASK_BYTES = 32 << 20
_FEWEST_TASKS = 8
_BATCH_RECORDS = 10_000
_SURROGATE = re.compile("[\ud800-\udfff]")


def spooled_rows(
    spark: SparkSession, uris: list[str], size: int, fields: Mapping[str, str], records: str | None, source: str
) -> DataFrame:
    """The records of spooled pages.

    Args:
        spark: the session.
        uris: of the pages, in their order.
        size: bytes of all of them.
        fields: contract column name -> delivered name, as for `formats.delivered`.
        records: path of the array in each page.
        source: what `_source` says.

    Returns:
        One row a record in the layout of `formats.delivered`; `_position` is the page's number and the record's number
        in it, both from 1 and of 8 digits. A record that is no object is in `_raw`.
    """
    count = min(len(uris), max(_FEWEST_TASKS, size // _TASK_BYTES))
    wanted = dict(fields)
    store = use_spark_settings(spark)

    def parse(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        use_settings(store)
        for batch in batches:
            for uri in batch.column(0).to_pylist():
                yield from page_batches(uri, wanted, records, source)

    dealt = spark.createDataFrame([(uri,) for uri in uris], "uri string").coalesce(1).repartition(count)
    return dealt.mapInArrow(parse, layout_schema(fields))


def page_batches(uri: str, fields: Mapping[str, str], path: str | None, source: str) -> Iterator[pa.RecordBatch]:
    """The records of one spooled page, without Spark; see `spooled_rows`."""
    page, body = opened_page(uri)
    if not page.records:
        return
    layout = Layout(fields, source)
    found = records_in(parsed(body, page.charset, uri, page.status), path, uri)
    for start in range(0, len(found), _BATCH_RECORDS):
        some = enumerate(found[start : start + _BATCH_RECORDS], start=start + 1)
        for batch in layout.batches(_record(value, number, layout) for number, value in some):
            *others, numbers = batch.columns
            yield pa.RecordBatch.from_arrays([*others, _positions(page.number, numbers)], schema=batch.schema)


def _record(value: Any, number: int, layout: Layout) -> Row | Raw:
    if isinstance(value, dict):
        values, rescued = taken(value, layout.delivered)
        # Neither a byte that did not decode nor an escaped lone surrogate is text that a column can hold.
        if not any(_broken(field) for field in (*values, rescued)):
            return Row(number, values, rescued)
    return Raw(number, json_text(value))


def _broken(field: str | None) -> bool:
    return field is not None and not field.isascii() and _SURROGATE.search(field) is not None


def _positions(page: int, numbers: pa.Array) -> pa.Array:
    # The layout writes 12 digits; a page has no more records than 8 can count.
    return pc.binary_join_element_wise(f"{page:08d}", pc.utf8_slice_codeunits(numbers, 4), "-")
