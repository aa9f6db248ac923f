"""Rows added to a table without a JVM: by the dashboard, the command line and whoever delivers alerts."""

import contextlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from tidemill.config import Config
from tidemill.errors import RunFailed
from tidemill.lake.commits import one_at_a_time
from tidemill.lake.stored import table_options, table_uri
from tidemill.lake.tables import PROPERTIES

ATTEMPTS = 8
# Each call adds a file; at each version that this divides, small files are made fewer.
COMPACTED_EVERY = 100
FIELD = re.compile(r"\s*(\w+)\s+(map<\w+,\s*\w+>|\w+)\s*(?:,|$)")
TYPES = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


class NotAppended(RunFailed):
    """A table did not take rows."""

    def __init__(self, name: str, root: str, reason: str) -> None:
        super().__init__(
            f"{name} under {root} did not take the rows: {' '.join(reason.split())[:300]}. Check who may write there "
            "and whether the disk is full, and try again."
        )


def append_rows(
    config: Config, name: str, rows: Sequence[Sequence[Any]], schema: str, statistics: Sequence[str] = ()
) -> None:
    """Add rows in one commit. Spark appends to the same table and reads what is written here, and the other way round.

    Processes of one machine take turns by the lock that Spark's writers of this lake take too. On a store a commit that
    somebody else was faster with is tried again; that Spark sees it there needs a log store that refuses to overwrite.

    Args:
        config: where the lake is, and the store's keys.
        name: LAYER.TABLE, made where there is none, with the properties of all tables of the lake.
        rows: values in the schema's order; times with a zone.
        schema: of the table, as Spark writes it: `name type, ...`.
        statistics: the columns that files are skipped by, for a table that is made here; the first ones by default.

    Raises:
        NotAppended: the store or the disk refused, or others were faster each time.
    """
    if not rows:
        return
    data = _table(rows, arrow_schema(schema))
    properties = {**PROPERTIES, **({"delta.dataSkippingStatsColumns": ",".join(statistics)} if statistics else {})}
    attempts = Retrying(
        retry=retry_if_exception_type(CommitFailedError),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential_jitter(initial=0.05, max=2, jitter=0.1),
    )
    try:
        with one_at_a_time(config.lake_root, name):
            attempts(_append, config, name, data, properties)
    except RetryError as error:
        raise NotAppended(name, config.lake_root, str(error.last_attempt.exception())) from None
    except (DeltaError, OSError) as error:
        raise NotAppended(name, config.lake_root, str(error)) from error


def arrow_schema(schema: str) -> pa.Schema:
    """What a schema in Spark's words is in Arrow's: names, types, every field nullable.

    Raises:
        ValueError: it has a type that is not among TYPES or a map of them.
    """
    fields, at = [], 0
    while at < len(schema):
        found = FIELD.match(schema, at)
        if found is None:
            raise ValueError(f"no column and type that can be written without a JVM: {schema[at:].strip()}")
        fields.append(pa.field(found[1], _type(found[2])))
        at = found.end()
    return pa.schema(fields)


def _type(name: str) -> pa.DataType:
    if name.startswith("map<"):
        key, value = name[len("map<") : -1].split(",")
        return pa.map_(_type(key.strip()), _type(value.strip()))
    if name not in TYPES:
        raise ValueError(f"the type {name} cannot be written without a JVM; known: {', '.join(TYPES)}, map")
    return TYPES[name]


def _table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table([_array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema)


def _array(values: Iterable[Any], type: pa.DataType) -> pa.Array:
    if pa.types.is_map(type):
        return pa.array([None if value is None else list(value.items()) for value in values], type)
    if pa.types.is_timestamp(type):
        return pa.array([value.astimezone(UTC) if isinstance(value, datetime) else value for value in values], type)
    return pa.array(list(values), type)


def _append(config: Config, name: str, data: pa.Table, properties: dict[str, str]) -> None:
    uri, options = table_uri(config, name), table_options(config)
    write_deltalake(
        uri,
        data,
        mode="append",
        configuration=properties,
        storage_options=options,
        commit_properties=CommitProperties(max_commit_retries=0),
    )
    table = DeltaTable(uri, storage_options=options)
    if table.version() and table.version() % COMPACTED_EVERY == 0:
        # The rows are in; a table that is written to at the same time is made smaller another time.
        with contextlib.suppress(DeltaError):
            table.optimize.compact()
            table.create_checkpoint()
