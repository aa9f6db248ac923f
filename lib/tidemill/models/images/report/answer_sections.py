"""The sections on what the classifier answers: figures, classes, probabilities, mistakes."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tidemill.models.images.findings import ImageFindings, Wrong
from tidemill.models.report.words import title
from tidemill.reports import Block, Note, Picture, Pictures, Plot, Plots, Section, Table, figures

# A picture in the page, pixels at most.
SHOWN = 160
STEPS = 15


def figures_section(findings: ImageFindings) -> Section:
    """All figures, with the baseline's beside them."""
    baseline = findings.baseline.figures if findings.baseline else {}
    rows = [
        [_named(name), value, *([baseline.get(name)] if baseline else [])] for name, value in findings.figures.items()
    ]
    columns = ["figure", "network", *(["HOG and linear SVM"] if baseline else [])]
    note = (
        "Precision, recall and F1 are means over the classes, whatever their size; the weighted F1 counts each by its "
        "images. They are quotients of whole numbers that all ranks counted, and the same for any number of ranks."
    )
    blocks: list[Block] = [Note(note), Table(columns, rows)]
    if findings.baseline:
        blocks.append(
            Note(
                f"The baseline is {findings.baseline.features:,} numbers an image (histograms of oriented gradients, "
                "Dalal and Triggs 2005) and a linear support vector machine, fitted in "
                f"{findings.baseline.seconds:.0f} s to the same training images. An SVM gives no probabilities, so "
                "that it has fewer figures."
            )
        )
    return Section("Figures", blocks)


def _named(figure: str) -> str:
    if figure.startswith("top_"):
        return f"class among the {figure.removeprefix('top_')} most probable"
    return "F1, weighted" if figure == "f1_weighted" else title(figure)


def classes_section(findings: ImageFindings) -> Section:
    """Each class, and what it is taken for."""
    rows = [
        [each.name, each.samples, each.told, each.precision, each.recall, each.f1] for each in findings.class_figures
    ]
    return Section(
        "Classes",
        [
            Plot(
                figures.confusion(findings.confusion.tolist(), findings.classes),
                "Rows: the class; columns: what was told. Colour: share of the class's images.",
            ),
            Table(["class", "images", "told", "precision", "recall", "F1"], rows, "Each class's own figures"),
        ],
    )


def calibration_section(findings: ImageFindings) -> Section:
    """Whether the probability of what was told is how often it is right."""
    bins = findings.calibration
    curve = figures.shares(
        {"test split": ([each.probability for each in bins], [each.share for each in bins])},
        "mean probability of the class that was told",
        "share that was right",
        ((0, 0), (1, 1)),
        dots=True,
    )
    counts = {min(int(each.probability * STEPS), STEPS - 1): each.samples for each in bins}
    edges = [place / STEPS for place in range(STEPS + 1)]
    often = figures.histogram(
        edges, [counts.get(place, 0) for place in range(STEPS)], "probability of the class that was told", "images"
    ).update_layout(height=420)
    rows = [[each.probability, each.share, each.share - each.probability, each.samples] for each in bins]
    return Section(
        "Whether its probabilities are true",
        [
            Plots(
                [
                    Plot(curve, "On the dotted line probabilities are what comes about; below it they are too high."),
                    Plot(often, "How many images were told with which probability."),
                ]
            ),
            Table(["mean probability", "share right", "difference", "images"], rows, summary="Each step's numbers"),
        ],
    )


def mistakes_section(findings: ImageFindings) -> Section:
    """The mistakes that it was surest of, as pictures."""
    if not findings.mistakes:
        return Section("Worst mistakes", [Note("There are none to show.")])
    rows = [
        [each.image_id[:16], each.path, each.label, each.told, each.probability, each.of_label]
        for each in findings.mistakes
    ]
    columns = ["image", "path", "class", "told", "probability", "probability of its class"]
    return Section(
        "Worst mistakes",
        [
            Note(
                "The wrong answers that it was surest of. Look at them before anything else: some are labels that are "
                "wrong, and others show what it has not understood."
            ),
            Pictures([_picture(each) for each in findings.mistakes]),
            Table(columns, rows, summary="Where they come from", wrapped="path"),
        ],
    )


def _picture(wrong: Wrong) -> Picture:
    caption = f"{wrong.label}, told {wrong.told} ({wrong.probability:.0%})"
    return Picture(png_of(wrong.image), caption)


def png_of(image: NDArray[np.uint8]) -> bytes:
    """An image as a PNG file: uint8 [height, width, 1 or 3], made smaller where it is large."""
    drawn = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    drawn.thumbnail((SHOWN, SHOWN))
    written = io.BytesIO()
    drawn.save(written, "PNG")
    return written.getvalue()
