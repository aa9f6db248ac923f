"""The section on the digits' classifier: what it told of the test images, which it has not seen."""

from pathlib import Path

import pandas as pd

from tidemill.demo.steps import RANKS
from tidemill.demo.whereabouts import read_table
from tidemill.reports import KeyFigure, Note, Plot, Section, figures

PREDICTIONS = "gold.images_predictions"


def digits_section(lake_root: Path) -> tuple[Section, KeyFigure]:
    """Tell the classifier by its answers to the test images, and give its accuracy as a key figure.

    Raises:
        TableMissing: nothing was scored.
    """
    rows = read_table(lake_root, PREDICTIONS, ["label", "prediction", "split", "model_version"])
    unseen, version = rows[rows["split"] == "test"], int(rows["model_version"].iloc[0])
    classes = sorted(rows["label"].unique())
    counts = pd.crosstab(unseen["label"], unseen["prediction"]).reindex(index=classes, columns=classes, fill_value=0)
    accuracy = float((unseen["label"] == unseen["prediction"]).mean())
    trained = f"{RANKS} processes that shared every batch (Horovod)" if RANKS > 1 else "one process"
    section = Section(
        "Which digit is it: the images' classifier",
        [
            Note(
                f"A small network was trained by {trained} on {(rows['split'] == 'train').sum():,} pictures, and met "
                f"{len(unseen):,} others, which decided nothing, once: {accuracy:.1%} of them are told right. The "
                "baseline beside it, every class's figures and the worst mistakes as pictures:",
                link=f"models/images-{version}.html",
            ),
            Plot(
                figures.confusion(counts.to_numpy().tolist(), classes),
                "Test images. Rows: the digit; columns: what was told.",
            ),
        ],
    )
    return section, KeyFigure(f"{accuracy:.1%}", "accuracy, digits' test images")
