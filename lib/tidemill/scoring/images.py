"""Answer every image of a silver table with the champion, on the executors, and write gold.NAME_predictions."""

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pandas as pd
from pyspark import Broadcast
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from tidemill.errors import RequestWrong, RunFailed
from tidemill.features import require_columns
from tidemill.lake import Counts, Lake, NoSuchTable, RecordedRun, held, recorded_run
from tidemill.models.images.loading import FILE
from tidemill.registry import ImageChampion, ImageRegistry
from tidemill.scoring.source import JOB, predictions_of
from tidemill.session import with_settings

READ = ("image_id", "path", "label", "split", "pixels", "height", "width", "channels")
ANSWER = "prediction string, probability float"
# Rows that Arrow hands to a worker at once: of 224 x 224 colour pixels some 40 MiB.
ROWS_AT_ONCE = 256


class OtherImages(RunFailed):
    """An image's pixels are not as many as its size says."""

    def __init__(self, expected: int, found: int, size: tuple[int, int, int]) -> None:
        told = " x ".join(map(str, size))
        super().__init__(
            f"an image of {told} (height, width, channels) has {found} bytes of pixels, but {expected} were expected. "
            "Write the table again: ingest.py --from bronze."
        )


class NotAnImageTable(RequestWrong):
    """The table that is to be answered is not in silver."""

    def __init__(self, table: str) -> None:
        super().__init__(f"--table {table}: expected the silver table of an image dataset, as in silver.digits.")


def image_predictions(rows: DataFrame, champion: ImageChampion) -> DataFrame:
    """Answer images.

    The classifier travels to each executor's host once, as a broadcast, and is built once in each of its Python
    processes.

    Args:
        rows: of the silver table of an image dataset.
        champion: the classifier.

    Returns:
        One row an image: image_id, path, label, prediction (the class), probability float of it, split, model_version
        int. An image without pixels has no prediction.
    """
    context = rows.sparkSession.sparkContext
    sent = context.broadcast(champion.files[FILE])
    answered = rows.select(*READ, _answer(sent, champion.card.weights).alias("_answer"))
    return answered.select(
        "image_id",
        "path",
        "label",
        F.col("_answer.prediction").alias("prediction"),
        F.col("_answer.probability").alias("probability"),
        "split",
        F.lit(champion.version).cast("int").alias("model_version"),
    )


def score_images(
    lake: Lake, registry: ImageRegistry, name: str, table: str | None = None
) -> tuple[ImageChampion, RecordedRun]:
    """Make the champion's answers to a table's newest version gold.NAME_predictions, and record the run.

    Args:
        lake: has the table and takes the predictions.
        registry: has the champion.
        name: of the model.
        table: another silver table of images than the one that the model was trained on.

    Raises:
        NoImageChampion: no classifier of this name is registered.
        NoSuchTable: the table does not exist.
        NotAnImageTable: it is in another layer than silver.
        MissingColumns: it lacks a column of an image.
    """
    champion = registry.image_champion(name)
    source, written = table or champion.card.table, predictions_of(name)
    if not source.startswith("silver."):
        raise NotAnImageTable(source)
    version = lake.version(source)
    if version is None:
        raise NoSuchTable(source, lake.root)
    rows = lake.read(source, version)
    require_columns(source, rows.columns, READ)
    plan = {"way": "whole", "table": source, "version": version, "model_version": champion.version}
    with held(lake.root, written, JOB), recorded_run(lake, JOB, name, plan) as run:
        scored = image_predictions(rows, champion).withColumn("_run_id", F.lit(run.id))
        with with_settings(lake.spark, {"spark.sql.execution.arrow.maxRecordsPerBatch": ROWS_AT_ONCE}):
            lake.replace(written, scored.hint("rebalance"), run.mark)
        count = lake.read(written).count()
        run.counts = Counts(read=count, accepted=count)
        run.table_versions = {source: version, written: lake.version(written) or 0}
    return champion, run


def _answer(sent: Broadcast[bytes], weights: str) -> Column:
    def answer(
        batches: Iterator[tuple[pd.Series, pd.Series, pd.Series, pd.Series]],
    ) -> Iterator[pd.DataFrame]:
        classifier = _classifier(weights, sent)
        for pixels, *sizes in batches:
            yield _answers(classifier, pixels, pd.concat(sizes, axis=1))

    return pandas_udf(answer, ANSWER)("pixels", "height", "width", "channels")  # type: ignore[call-overload]


# The classifier that this process answers with, by the hash of its weights.
_built: dict[str, Any] = {}


def _classifier(weights: str, sent: Broadcast[bytes]) -> Any:
    """Build the classifier where this process has not done so for an earlier task."""
    if weights not in _built:
        import torch  # noqa: PLC0415 (on the executors alone)

        from tidemill.models.images.classifier import Classifier  # noqa: PLC0415

        # A task has a core of its own; more threads would take those of the others.
        torch.set_num_threads(1)
        _built.clear()
        _built[weights] = Classifier.from_bytes(sent.value)
    return _built[weights]


def _answers(classifier: Any, pixels: pd.Series, sizes: pd.DataFrame) -> pd.DataFrame:
    """Answer some rows, those of one size at a time."""
    found = pd.DataFrame({"prediction": None, "probability": np.float32(np.nan)}, index=pixels.index)
    found = found.astype({"prediction": object, "probability": np.float32})
    sizes.columns = pd.Index(["height", "width", "channels"])
    whole = sizes[pixels.notna() & sizes.notna().all(axis=1)].astype(int)
    for size, of_size in whole.groupby(["height", "width", "channels"]):
        shape = tuple(map(int, cast("tuple[int, int, int]", size)))
        images = np.stack([_image(pixels[at], shape) for at in of_size.index])
        answers = classifier.answers(images)
        found.loc[of_size.index, "prediction"] = answers.labels
        found.loc[of_size.index, "probability"] = answers.probabilities
    return found


def _image(pixels: bytes, size: tuple[int, ...]) -> Any:
    expected = int(np.prod(size))
    if len(pixels) != expected:
        raise OtherImages(expected, len(pixels), (size[0], size[1], size[2]))
    return np.frombuffer(pixels, np.uint8).reshape(size)
