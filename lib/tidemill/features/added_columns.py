"""Columns added by SQL, as a stage."""

from collections.abc import Mapping

from pyspark.ml.feature import SQLTransformer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


class AddedColumns(SQLTransformer):
    """A SQLTransformer that adds columns, and that is saved and loaded as one.

    Spark's own parses its statement twice each time that it is applied, and plans it once more for a made-up table; for
    eighty columns that takes longer than many a query. Here it is parsed once.

    Args:
        columns: by name the SQL, which reads the columns of the rows that the stage is applied to.
    """

    def __init__(self, columns: Mapping[str, str]) -> None:
        made = [f"{sql} as `{name}`" for name, sql in columns.items()]
        super().__init__(statement=f"select *, {', '.join(made)} from __THIS__")
        self._columns = [F.expr(each) for each in made]

    def _transform(self, dataset: DataFrame) -> DataFrame:
        return dataset.select("*", *self._columns)
