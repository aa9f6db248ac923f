"""Draw a training's loss and validation accuracy by epoch from the lines that its job told."""

import re
from pathlib import Path

EPOCH = re.compile(
    r"stage (?P<stage>\w+), epoch (?P<epoch>\d+) in all: loss (?P<loss>[\d.]+), "
    r"validation loss (?P<validation>[\d.]+), validation accuracy (?P<accuracy>[\d.]+)"
)
BEGINS = "train_images: training "


def draw_curves(log: Path, picture: Path) -> None:
    """Draw the last training of a log.

    Args:
        log: the lines of train_images.py.
        picture: an SVG file.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 (where a picture is asked for)

    lines = log.read_text(encoding="utf-8").rsplit(BEGINS, 1)[-1].splitlines()
    epochs = [found for line in lines if (found := EPOCH.search(line))]
    places = [int(each["epoch"]) for each in epochs]
    figure = Figure(figsize=(9, 3.2), layout="tight")
    losses, accuracies = figure.subplots(1, 2)
    for name, key in (("training", "loss"), ("validation", "validation")):
        losses.plot(places, [float(each[key]) for each in epochs], marker="o", markersize=3, label=f"{name} loss")
    accuracies.plot(places, [100 * float(each["accuracy"]) for each in epochs], marker="o", markersize=3, color="C2")
    accuracies.set_ylabel("validation accuracy, %")
    for axes in (losses, accuracies):
        axes.set_xlabel("epoch")
        for number, stage in enumerate(dict.fromkeys(each["stage"] for each in epochs)):
            own = [place for place, each in zip(places, epochs, strict=True) if each["stage"] == stage]
            axes.axvspan(own[0] - 0.5, own[-1] + 0.5, color="grey", alpha=0.08 * (number + 1), linewidth=0)
            height = 0.02 if axes is losses else 0.93
            axes.annotate(stage, (own[0], height), xycoords=("data", "axes fraction"), fontsize=8)
    losses.legend()
    figure.savefig(picture, metadata={"Date": None})
