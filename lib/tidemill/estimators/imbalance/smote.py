"""SMOTE: made-up rows of the rarer class, between rows that are near each other."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.estimators.classes import Classes, TooFewOfAClass
from tidemill.estimators.imbalance.balanced import Sampled, times
from tidemill.estimators.parameters import param, whole

Numbers = npt.NDArray[np.float64]
# Distances of so many pairs are in memory at once: 32 MiB.
PAIRS = 4 * 1024 * 1024


class NoNumbers(RunFailed):
    """Distances are asked of vectors that have none."""

    def __init__(self, stage: str, column: str, rows: int) -> None:
        super().__init__(
            f"{stage} measures distances, but {rows} rows of the rarer class have a '{column}' that is null, or has a "
            "part that is not a finite number. Impute before this stage."
        )


class SmoteSampled(Sampled):
    """Add rows between rows of the rarer class (Chawla et al. 2002, SMOTE: Synthetic Minority Over-sampling Technique).

    A made-up row lies at a random place on the line from a row to one of its `neighbours` nearest of the same class, by
    Euclidean distance: features should be scaled. One-hot places get values between 0 and 1, as in the paper. All
    other columns of a made-up row but label and weight (its first row's) are null, so that it is in no fold.

    The neighbours are found on the executors by numpy, exactly among at most `bucketRows` rows: up to so many rows
    the class is one bucket, in one task; beyond, the rows are dealt by hash to buckets of about that size, and a row's
    neighbours are the nearest in its bucket, as they would be in a sample of that many rows. With m rows of d features
    in the class that costs m * bucketRows * d multiplications and, a task, 8 * bucketRows * d bytes several times over
    and two blocks of 32 MiB: 20,000 rows of 100 features took 9 CPU-seconds. Nothing reaches the driver.

    Args:
        params: learner; ratio (1.0); neighbours (5); bucketRows (20,000); keyCols; correctPrior (true, an
            approximation here); featuresCol, labelCol (0 or 1), weightCol, seed; rawPredictionCol, probabilityCol,
            predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
        OneClassOnly: when fitted to one class.
        TooFewOfAClass: when the rarer class has no more rows than `neighbours`.
        NoNumbers: when a vector of the rarer class is null or has a part that is not finite.
        NoProbabilities: when the prior is to be corrected and the learner gives no probabilities.
    """

    neighbours = param("neighbours", "how many of the nearest rows may be the other end", whole(1))
    bucketRows = param("bucketRows", "rows among which neighbours are sought", whole(100))  # noqa: N815

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params, neighbours=5, bucketRows=20_000)

    def balanced(self, rows: DataFrame, classes: Classes) -> DataFrame:
        """The rows, and the made-up ones."""
        features, label, neighbours = self.getFeaturesCol(), self.getLabelCol(), self.getOrDefault("neighbours")
        if classes.fewer <= neighbours:
            why = "one more than neighbours"
            raise TooFewOfAClass(type(self).__name__, label, classes.minority, int(classes.fewer), neighbours + 1, why)
        mean = self.getOrDefault("ratio") * classes.more / classes.fewer - 1
        if mean <= 0:
            return rows
        minority = rows.where(self.is_minority(classes))
        self._require_numbers(minority)
        made = self._made_up(minority, mean, math.ceil(classes.fewer / self.getOrDefault("bucketRows")))
        columns = [array_to_vector(F.col("features")).alias(features), F.lit(float(classes.minority)).alias(label)]
        if weight := self.weight_column():
            columns.append(F.col("weight").alias(weight))
        # What the schema says of a place, such as that it is 0 or 1, does not hold for made-up rows.
        real = rows.withColumn(features, F.col(features).alias(features, metadata={}))
        real = real.withColumn(label, F.col(label).cast("double"))
        return real.unionByName(made.select(*columns), allowMissingColumns=True)

    def _made_up(self, minority: DataFrame, mean: float, buckets: int) -> DataFrame:
        weight = F.col(weight_of).cast("double") if (weight_of := self.weight_column()) else F.lit(1.0)
        place = F.xxhash64(*self.columns().values())
        drawn = self.with_chance(minority, "_chance").select(
            vector_to_array(F.col(self.getFeaturesCol())).alias("features"),
            weight.alias("weight"),
            times(mean, "_chance").alias("copies"),
            place.alias("place"),
            F.pmod(F.xxhash64(F.lit(f"{self.getSeed()}:bucket"), place), F.lit(buckets)).alias("bucket"),
        )
        maker = made_up_rows(self.getSeed(), self.getOrDefault("neighbours"))
        return drawn.groupBy("bucket").applyInPandas(maker, "features array<double>, weight double")

    def _require_numbers(self, minority: DataFrame) -> None:
        features = F.col(self.getFeaturesCol())
        finite = F.forall(vector_to_array(features), lambda part: F.abs(part) < float("inf"))
        wrong = minority.where(F.when(features.isNull(), True).otherwise(~finite)).count()
        if wrong:
            raise NoNumbers(type(self).__name__, self.getFeaturesCol(), wrong)


def made_up_rows(seed: int, neighbours: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """What makes up the rows of one bucket, the same whatever the order of the bucket's rows.

    Args:
        seed: with the bucket's number it decides every draw.
        neighbours: as SmoteSampled's.

    Returns:
        A function of a bucket's rows (features, weight, copies: how many rows start here, place: a hash to sort by,
        bucket) to made-up rows (features, weight).
    """

    def made(bucket: pd.DataFrame) -> pd.DataFrame:
        rows = bucket.sort_values("place", kind="stable")
        points: Numbers = np.array(rows["features"].tolist(), dtype=np.float64)
        near = nearest_others(points, min(neighbours, len(points) - 1))
        starts = np.repeat(np.arange(len(points)), rows["copies"].to_numpy()) if near.shape[1] else np.arange(0)
        draws = np.random.default_rng([seed & 0xFFFFFFFF, int(rows["bucket"].iloc[0])])
        ends = near[starts, draws.integers(0, max(1, near.shape[1]), len(starts))]
        along = draws.random((len(starts), 1))
        between = points[starts] + along * (points[ends] - points[starts])
        return pd.DataFrame({"features": list(between), "weight": rows["weight"].to_numpy()[starts]})

    return made


def nearest_others(points: Numbers, neighbours: int) -> npt.NDArray[np.int64]:
    """For each point the places of its nearest other points, nearest first, by Euclidean distance.

    Args:
        points: one a row, finite.
        neighbours: how many, fewer than there are points.

    Returns:
        One row a point, one column a neighbour.
    """
    squares = (points * points).sum(axis=1)
    found = np.empty((len(points), neighbours), dtype=np.int64)
    if not neighbours:
        return found
    for block in _blocks(len(points)):
        distances = squares[block, None] + squares[None, :] - 2 * points[block] @ points.T
        distances[np.arange(len(block)), block] = np.inf
        near = np.argpartition(distances, neighbours - 1, axis=1)[:, :neighbours]
        order = np.argsort(np.take_along_axis(distances, near, axis=1), axis=1, kind="stable")
        found[block] = np.take_along_axis(near, order, axis=1)
    return found


def _blocks(points: int) -> Iterator[npt.NDArray[np.int64]]:
    size = max(1, PAIRS // max(1, points))
    for start in range(0, points, size):
        yield np.arange(start, min(points, start + size))
