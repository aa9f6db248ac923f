"""A map of rows in two dimensions, on which alike rows lie close: a picture for people, never a feature."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RequestWrong, RunFailed
from tidemill.features.stages import FEATURES


class NoMapLibrary(RequestWrong):
    """scikit-learn is not installed."""

    def __init__(self) -> None:
        super().__init__("a map of rows needs scikit-learn, which is not installed. Run: pip install scikit-learn")


class TooFewPoints(RunFailed):
    """A map of so few rows would show nothing."""

    def __init__(self, rows: int, needed: int) -> None:
        super().__init__(
            f"a map needs at least {needed} rows for this perplexity, and there are {rows}. Load more rows, or lower "
            "the perplexity."
        )


class Point(NamedTuple):
    """A row on the map: its place, which has no unit, and what is told of it."""

    x: float
    y: float
    told: tuple[Any, ...]


def row_map(
    rows: DataFrame,
    key: Sequence[str],
    told: Sequence[str] = (),
    most: int = 2_000,
    perplexity: float = 30.0,
    seed: int = 0,
) -> list[Point]:
    """Place a sample of the rows by t-SNE (van der Maaten and Hinton, Journal of Machine Learning Research 9, 2008).

    The sample is the rows whose hash of the key is lowest: the same each time, whatever the partitioning. Distances
    between far groups and the sizes of groups mean nothing.

    Args:
        rows: with the vector `features`.
        key: columns that tell rows apart.
        told: columns that the points carry along, such as the target.
        most: how many rows reach the driver and are placed; seconds for 2,000, growing with n log n.
        perplexity: about how many neighbours a row has.
        seed: of the sample and of the placing.

    Raises:
        NoMapLibrary: scikit-learn is not installed.
        TooFewPoints: there are fewer rows than three times the perplexity and one.
    """
    try:
        import numpy as np  # noqa: PLC0415 (seconds, and only for this picture)
        from sklearn.manifold import TSNE  # noqa: PLC0415
    except ImportError as error:
        raise NoMapLibrary from error
    sample = rows.orderBy(F.xxhash64(F.lit(seed), *key), *key).limit(most)
    found = sample.select(vector_to_array(F.col(FEATURES)).alias("_vector"), *told).collect()  # at most `most` rows
    needed = int(3 * perplexity) + 1
    if len(found) < needed:
        raise TooFewPoints(len(found), needed)
    vectors = np.array([row["_vector"] for row in found])
    placed = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(vectors)
    told_of = [tuple(row[name] for name in told) for row in found]
    return [Point(float(x), float(y), each) for (x, y), each in zip(placed, told_of, strict=True)]
