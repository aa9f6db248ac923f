"""Which readings silver has already: asked about few, in the files whose event times allow it."""

import re
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.streams.readings.deciding import Arrived

ASKED = "sensor string, at bigint, identity string, number bigint"
_ESCAPED = re.compile(r"\\([\\/])")


def sensor_of(contract: Contract) -> Column:
    """A reading's sensor: the entity's values with / between; null where one of them is."""
    assert contract.stream  # noqa: S101
    parts = [F.col(f"`{name}`").cast("string") for name in contract.stream.entity]
    return _joined(parts)


def sensor_key(contract: Contract) -> Column:
    r"""A reading's sensor as no other sensor is written; null where one of the values is.

    It is the sensor's name; but where one of several values holds a /, each / and \ in them has a \ before it. Such a
    key has more / than a name of values without has, so that the two are never alike.
    """
    assert contract.stream  # noqa: S101
    parts = [F.col(f"`{name}`").cast("string") for name in contract.stream.entity]
    if len(parts) == 1:
        return parts[0]
    holds = reduce(or_, [F.contains(part, F.lit("/")) for part in parts])
    escaped = [F.replace(F.replace(part, F.lit("\\"), F.lit("\\\\")), F.lit("/"), F.lit("\\/")) for part in parts]
    return F.when(holds, _joined(escaped)).otherwise(_joined(parts))


def names_of(keys: NDArray[Any], contract: Contract) -> NDArray[Any]:
    """The sensors' names of `sensor_of`, from their keys; none of them null."""
    assert contract.stream  # noqa: S101
    parts = len(contract.stream.entity)
    if parts == 1:
        return keys
    codes, unique = pd.factorize(keys)
    names = [_ESCAPED.sub(r"\1", key) if key.count("/") >= parts else key for key in unique]
    return np.array(names, object)[codes]


def _joined(parts: list[Column]) -> Column:
    return F.concat(*[piece for part in parts for piece in (F.lit("/"), part)][1:])


def identity_of(contract: Contract) -> Column | None:
    """What no two messages share, as text; several readings of one may. None where the contract names nothing."""
    assert contract.stream  # noqa: S101
    return F.col(f"`{contract.stream.message_id}`").cast("string") if contract.stream.message_id else None


def known(silver: DataFrame, contract: Contract, asked: Arrived) -> NDArray[Any]:
    """The numbers of those readings that silver has.

    Args:
        silver: before the micro-batch.
        contract: the dataset's.
        asked: readings of one micro-batch.

    Returns:
        int64.
    """
    times = asked.at
    least, greatest = int(times.min()), int(times.max())
    at = F.col(f"`{contract.event_time}`")
    identity = identity_of(contract)
    kept = silver.where((at >= F.timestamp_micros(F.lit(least))) & (at <= F.timestamp_micros(F.lit(greatest)))).select(
        sensor_key(contract).alias("sensor"),
        F.unix_micros(at).alias("at"),
        (identity if identity is not None else F.lit(None).cast("string")).alias("identity"),
    )
    rows = pd.DataFrame({"sensor": asked.sensor, "at": times, "identity": asked.identity, "number": asked.number})
    given = silver.sparkSession.createDataFrame(rows, ASKED)
    same = ["at", "sensor"] if identity is None else ["at", "sensor", "identity"]
    # No more rows than were asked about: at most a micro-batch.
    found = F.broadcast(given).join(kept.select(*same).distinct(), same).select("number").toPandas()
    return found["number"].to_numpy(np.int64)


def newest_in(silver: DataFrame, contract: Contract, not_before: int | None = None) -> dict[str, int]:
    """The event time of each sensor's newest reading that silver has, in microseconds, by the sensor's key.

    Args:
        silver: the table.
        contract: the dataset's.
        not_before: an event time; what is older is not looked at.
    """
    at = F.col(f"`{contract.event_time}`")
    rows = silver if not_before is None else silver.where(at >= F.timestamp_micros(F.lit(not_before)))
    # One row a sensor.
    found = rows.groupBy(sensor_key(contract).alias("sensor")).agg(F.max(F.unix_micros(at)).alias("at")).toPandas()
    return dict(zip(found["sensor"], found["at"].tolist(), strict=True))
