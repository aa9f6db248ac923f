"""The baseline that a network has to beat, fitted to the same images."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tidemill.models.images.baseline.gradients import histograms
from tidemill.models.images.evaluation import counted, figures_of
from tidemill.models.images.feeding import Snapshot, delta_feed
from tidemill.models.images.findings import Baseline

# Of the loss against the penalty.
STRENGTH = 0.03
STEPS, TOLERANCE = 150, 1e-6
# Features of the training split, which the driver holds in memory; of a larger one no baseline is fitted.
MOST_BYTES = 2 << 30
READ_AT_ONCE = 1024
# An SVM gives no probabilities: what needs them is left out.
FIGURES = ("accuracy", "precision", "recall", "f1", "f1_weighted")


def linear_baseline(
    train_images: NDArray[np.uint8],
    train_labels: NDArray[np.int64],
    test_images: NDArray[np.uint8],
    test_labels: NDArray[np.int64],
    classes: int,
) -> Baseline:
    """Fit a linear SVM (squared hinge loss, one class against the rest) to histograms of gradients, and test it.

    Args:
        train_images: uint8 [n, height, width, channels].
        train_labels: int64 [n].
        test_images: uint8 [m, height, width, channels].
        test_labels: int64 [m].
        classes: how many there are.
    """
    begun = time.monotonic()
    features = histograms(train_images)
    weights = linear_machine(features, train_labels, classes)
    told = (histograms(test_images) @ weights[:-1] + weights[-1]).argmax(axis=1)
    found = figures_of(counted(np.eye(classes)[told], test_labels))
    figures = {name: found[name] for name in FIGURES}
    return Baseline(figures, features.shape[1], time.monotonic() - begun)


def linear_machine(
    features: NDArray[np.float32], labels: NDArray[np.int64], classes: int, strength: float = STRENGTH
) -> NDArray[np.float32]:
    """A linear SVM, each class against the rest: what scikit-learn's LinearSVC(C=strength, dual=False) finds.

    That holds its features three times over in numbers of double length, which of 60,000 images are more than 6 GiB;
    here L-BFGS works on them as they are.

    Args:
        features: float32 [n, width].
        labels: int64 [n].
        classes: how many there are.
        strength: of the squared hinge loss, summed over samples, against half the squared length of the weights.

    Returns:
        float32 [width + 1, classes], the constants last.
    """
    width = features.shape[1]
    signs = np.where(labels[:, None] == np.arange(classes), np.float32(1), np.float32(-1))

    def cost(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(width + 1, classes).astype(np.float32)
        short = np.maximum(0, 1 - signs * (features @ weights[:-1] + weights[-1]))
        slopes = -2 * np.float32(strength) * signs * short
        gradient = np.concatenate([features.T @ slopes, slopes.sum(axis=0, keepdims=True)]).astype(np.float64)
        value = 0.5 * float(flat @ flat) + strength * float(np.square(short, dtype=np.float64).sum())
        return value, flat + gradient.ravel()

    options = {"maxiter": STEPS, "ftol": TOLERANCE}
    found = minimize(cost, np.zeros((width + 1) * classes), jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(width + 1, classes).astype(np.float32)


def baseline_of(snapshot: Snapshot, tell: Callable[[str], None]) -> Baseline | None:
    """The baseline of a pinned table; none where its training split is too large for one process, which is told."""
    needed = snapshot.splits["train"] * histograms(np.zeros((1, *snapshot.shape), np.uint8)).nbytes
    if needed > MOST_BYTES:
        tell(
            f"no baseline: the training images have {needed >> 20} MiB of features, and {MOST_BYTES >> 20} are the most"
        )
        return None
    return linear_baseline(*_read(snapshot, "train"), *_read(snapshot, "test"), len(snapshot.classes))


def _read(snapshot: Snapshot, split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    feed = delta_feed(snapshot, split, batch_size=READ_AT_ONCE, seed=0, rank=0, ranks=1, shuffle=False)
    images = np.empty((feed.samples, *snapshot.shape), np.uint8)
    labels = np.empty(feed.samples, np.int64)
    for batch in feed.batches(0):
        images[batch.keys], labels[batch.keys] = batch.images, batch.labels
    return images, labels
