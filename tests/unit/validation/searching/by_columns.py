"""Candidates that learn nothing and so cost nothing: each takes one column for its probability."""

from pyspark.ml.feature import SQLTransformer, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import functions as F

from tidemill.validation import Candidate, binary_figures, binary_figures_by, gather_figures


def with_probability(predicted):
    return predicted.withColumn("probability_of_1", vector_to_array("probability")[1])


def figures_of(predicted):
    return binary_figures(with_probability(predicted))


def figures_by(predicted, column):
    found = gather_figures(binary_figures_by(with_probability(predicted), [column]), [column])
    return {value: figures for (value,), figures in found.items()}


def by_column(column):
    said = f"select *, 1 - {column} as _not, cast({column} >= 0.5 as double) as prediction from __THIS__"
    stages = [SQLTransformer(statement=said), VectorAssembler(inputCols=["_not", column], outputCol="probability")]
    return Candidate("column", stages, {"column": column})


def noise(number):
    return F.pmod(F.xxhash64("id", F.lit(number)), F.lit(10_000)) / 10_000
