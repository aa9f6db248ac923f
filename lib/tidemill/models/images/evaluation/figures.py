"""Figures from counts: exact quotients of whole numbers, the same however the samples were dealt to ranks."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from tidemill.models.images.evaluation.counting import UNITS, Counts

# The places that top-k figures are told of; of those a number of classes has.
TOP = (2, 3, 5)
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class ClassFigures:
    """How one class fares.

    Attributes:
        name: the class.
        samples: of it.
        told: how many were told to be of it.
        precision: the share of those told that are; 0 where none was told.
        recall: the share of its samples that were told; 0 where it has none.
        f1: their harmonic mean.
    """

    name: str
    samples: int
    told: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class CalibrationBin:
    """Samples whose told class had about the same probability.

    Attributes:
        samples: how many.
        probability: the mean of the probabilities given to the class that was told.
        share: of the samples that were told right.
    """

    samples: int
    probability: float
    share: float


def figures_of(counts: Counts) -> dict[str, float]:
    """The figures over all classes.

    Returns:
        accuracy; precision, recall and f1, the mean over classes (macro); f1_weighted, by the classes' samples; top_2,
        top_3, top_5, where there are more classes than that, the share of samples whose class was among as many most
        probable ones; log_loss, natural; ece, the expected calibration error of the told class in 15 equal steps (Guo
        et al., On calibration of modern neural networks, 2017, arXiv:1706.04599). All 0 of no samples.
    """
    samples, classes = counts.samples, len(counts.places)
    each = class_figures_of(counts, tuple(map(str, range(classes))))
    # A class that was neither there nor told says nothing, as in scikit-learn.
    known = [one for one in each if one.samples or one.told]
    told = {f"top_{k}": _share(int(counts.places[:k].sum()), samples) for k in TOP if k < classes}
    return {
        "accuracy": _share(counts.right, samples),
        "precision": _mean([one.precision for one in known]),
        "recall": _mean([one.recall for one in known]),
        "f1": _mean([one.f1 for one in known]),
        "f1_weighted": sum(one.f1 * one.samples for one in each) / samples if samples else 0.0,
        **told,
        "log_loss": _share(int(counts.loss[0]), samples * UNITS),
        "ece": _share(int(np.abs(counts.bins[:, 1] * UNITS - counts.bins[:, 2]).sum()), samples * UNITS),
    }


def class_figures_of(counts: Counts, classes: tuple[str, ...]) -> list[ClassFigures]:
    """The figures of each class, in the order of their index."""
    right = np.diagonal(counts.confusion)
    there, told = counts.confusion.sum(axis=1), counts.confusion.sum(axis=0)
    found = zip(classes, right.tolist(), there.tolist(), told.tolist(), strict=True)
    return [
        ClassFigures(name, its, named, _share(hits, named), _share(hits, its), _share(2 * hits, its + named))
        for name, hits, its, named in found
    ]


def calibration_of(counts: Counts) -> list[CalibrationBin]:
    """The steps that have samples, the lowest probability first."""
    return [
        CalibrationBin(samples, _share(units, samples * UNITS), _share(right, samples))
        for samples, right, units in counts.bins.tolist()
        if samples
    ]


def interval_of(right: int, samples: int) -> tuple[float, float]:
    """Where an accuracy would lie on other samples of the same kind, 95 of 100 times (Wilson 1927)."""
    if not samples:
        return 0.0, 1.0
    share, square = right / samples, NORMAL_95**2
    middle = (share + square / (2 * samples)) / (1 + square / samples)
    reach = NORMAL_95 / (1 + square / samples) * sqrt(share * (1 - share) / samples + square / (4 * samples**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
