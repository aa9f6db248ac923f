"""The types of Arrow that Spark takes, for those that it does not."""

import pyarrow as pa
from pyarrow import types
from pyspark.sql.pandas.types import from_arrow_type
from pyspark.sql.types import DataType

_WIDER = {
    "uint8": pa.int16(), "uint16": pa.int32(), "uint32": pa.int64(), "uint64": pa.decimal128(20, 0),
    "halffloat": pa.float32(), "date64[ms]": pa.date32(),
}  # fmt: skip


def read_type(kind: pa.DataType, *, nested: bool = False) -> pa.DataType:
    """The type in which Spark takes values of a type without changing what they are worth.

    A moment in nanoseconds is taken as their number since 1970; within lists and structs, where nothing can turn it
    back, it loses what is below a microsecond. What Spark has no type for is taken as its text.
    """
    if types.is_struct(kind):
        return pa.struct([pa.field(field.name, read_type(field.type, nested=True)) for field in kind])
    if types.is_map(kind):
        return pa.map_(read_type(kind.key_type, nested=True), read_type(kind.item_type, nested=True))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.list_(read_type(kind.value_type, nested=True))
    if types.is_dictionary(kind):
        return read_type(kind.value_type, nested=nested)
    if types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz and "UTC") if kind.unit != "ns" or nested else pa.int64()
    return _plain_type(kind)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if str(kind) in _WIDER:
        return _WIDER[str(kind)]
    if types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return pa.binary()
    taken = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal128, types.is_date, types.is_binary)
    return kind if any(fits(kind) for fits in taken) else pa.string()


def as_read(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Values in their `read_type`."""
    if values.type.equals(kind):
        return values
    if types.is_timestamp(values.type) and types.is_int64(kind):
        return values.view(pa.int64())
    return values.cast(kind, safe=False)


def spark_type(kind: pa.DataType) -> DataType:
    """Spark's type for a `read_type`."""
    return from_arrow_type(kind, prefer_timestamp_ntz=True)
