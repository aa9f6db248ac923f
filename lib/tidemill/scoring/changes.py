"""Which rows of a table are new, changed or gone since they were predicted.

A gold table is replaced as a whole whenever its inputs change: neither Delta's versions nor its change feed tell which
rows differ. So each prediction carries a hash of what it was made of, and both tables are compared by key and hash. It
holds whatever became of the table's older versions, and however many were passed over.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.scoring.predicting import ROW_HASH


class NoKey(RunFailed):
    """Rows cannot be told apart by the model's key."""

    def __init__(self, table: str, key: Sequence[str], wrong: int) -> None:
        super().__init__(
            f"{table}: {wrong} keys ({', '.join(key)}) are null or stand there more than once, so that changes cannot "
            "be followed by key; nothing was written. Mend the table, or predict it as a whole, without --stream."
        )


class Found(NamedTuple):
    """What a comparison came to: how many keys are new or changed, and how many are gone."""

    changed: int
    gone: int


class Changes:
    """A table held against its predictions.

    Args:
        rows: key and _row_hash of the table, as `predicting.inputs` gives them.
        scored: key and _row_hash of the predictions.
        key: columns that tell rows apart.
    """

    def __init__(self, rows: DataFrame, scored: DataFrame, key: Sequence[str]) -> None:
        self._key = tuple(key)
        sides = [
            side.select(*key, F.col(ROW_HASH).alias("_hash"), F.lit(here).alias("_here"))
            for side, here in ((rows, True), (scored, False))
        ]
        here = F.col("_here")
        # By key, as a join would be, but counting keys that stand twice besides.
        compared = sides[0].unionByName(sides[1]).groupBy(*key)
        self._compared = compared.agg(
            F.count_if(here).alias("_rows"),
            F.count_if(~here).alias("_predictions"),
            F.max(F.when(here, F.col("_hash"))).alias("_is"),
            F.max(F.when(~here, F.col("_hash"))).alias("_was"),
        )
        self._gone = F.col("_rows") == 0
        self._changed = ~self._gone & ~F.col("_is").eqNullSafe(F.col("_was"))

    def found(self, table: str) -> Found | None:
        """Count them, in one query; None where predictions stand twice, so that they must all be made anew.

        Args:
            table: the table's name, for the message.

        Raises:
            NoKey: a key of the table is null or stands there twice.
        """
        missing = F.coalesce(*(F.when(F.col(column).isNull(), True) for column in self._key), F.lit(False))
        counted = self._compared.agg(
            F.count_if((F.col("_rows") > 1) | (missing & ~self._gone)).alias("wrong"),
            F.count_if((F.col("_predictions") > 1) | (missing & self._gone)).alias("twice"),
            F.count_if(self._changed).alias("changed"),
            F.count_if(self._gone).alias("gone"),
        ).collect()[0]  # one row
        if counted["wrong"]:
            raise NoKey(table, self._key, counted["wrong"])
        return None if counted["twice"] else Found(counted["changed"], counted["gone"])

    @property
    def changed(self) -> DataFrame:
        """The keys that are new or changed."""
        return self._compared.where(self._changed).select(*self._key)

    @property
    def gone(self) -> DataFrame:
        """The keys that have predictions and are no longer in the table."""
        return self._compared.where(self._gone).select(*self._key)
