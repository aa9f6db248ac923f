"""Histograms of oriented gradients (Dalal and Triggs 2005), for many images at once."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Images whose gradients are held at once.
AT_ONCE = 1000
# Larger images are made smaller by whole factors, until their shorter side is below this: about as much detail counts.
SHORTER_SIDE = 64
CLIP, LEAST = 0.2, 1e-5
BYTE = 255.0
BLOCK = 2

Pixels = NDArray[np.float32]


class Cells(NamedTuple):
    """How an image is cut up.

    Attributes:
        parts: cells that the shorter side is cut into.
        steps: how many steps from a cell to the next one; with more than 1 cells overlap.
        bins: directions told apart.
        signed: whether a direction and its opposite differ.
    """

    parts: int
    steps: int
    bins: int
    signed: bool


# Fine cells for texture and edges, coarse ones for shape.
CELLS = (Cells(7, 2, 8, True), Cells(4, 1, 16, True))


def histograms(images: NDArray[np.uint8], cells: tuple[Cells, ...] = CELLS) -> Pixels:
    """Describe images by the directions in which they get brighter.

    Each pixel's gradient goes to its cell's two nearest directions, by its length; blocks of 2 x 2 cells are normalised
    together (to length 1, no value above 0.2, to length 1 again).

    Args:
        images: uint8 [n, height, width, channels]; of several channels the brightness counts.
        cells: how the images are cut up; the descriptions are set side by side.

    Returns:
        float32 [n, features].
    """
    parts = [
        np.concatenate([_described(lengths, angles, each) for each in cells], axis=1)
        for lengths, angles in _gradients(images)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)


def _gradients(images: NDArray[np.uint8]) -> Iterator[tuple[Pixels, Pixels]]:
    """Length and direction (radians) of the gradient at each pixel, some images at a time."""
    for start in range(0, len(images), AT_ONCE):
        bright = _smaller(images[start : start + AT_ONCE].astype(np.float32).mean(axis=3) / BYTE)
        # The root evens out how bright an image is as a whole, as in the paper.
        bright = np.sqrt(bright)
        across, down = np.zeros_like(bright), np.zeros_like(bright)
        across[:, :, 1:-1] = bright[:, :, 2:] - bright[:, :, :-2]
        down[:, 1:-1] = bright[:, 2:] - bright[:, :-2]
        yield np.hypot(across, down), np.arctan2(down, across)


def _smaller(bright: Pixels) -> Pixels:
    count, height, width = bright.shape
    factor = max(1, min(height, width) // SHORTER_SIDE)
    if factor == 1:
        return bright
    kept = bright[:, : height // factor * factor, : width // factor * factor]
    return kept.reshape(count, height // factor, factor, width // factor, factor).mean(axis=(2, 4))


def _described(lengths: Pixels, angles: Pixels, cells: Cells) -> Pixels:
    count, height, width = lengths.shape
    side = max(2, round(min(height, width) / cells.parts))
    step = max(1, side // cells.steps)
    rows, columns = (np.arange(0, max(1, extent - side + 1), step) for extent in (height, width))
    turn = 2 * np.pi if cells.signed else np.pi
    places = np.mod(angles, turn) * np.float32(cells.bins / turn)
    found = np.empty((count, len(rows), len(columns), cells.bins), np.float32)
    whole = np.zeros((count, height + 1, width + 1), np.float32)
    for bin in range(cells.bins):
        apart = np.abs(places - bin)
        weights = lengths * np.maximum(0, 1 - np.minimum(apart, cells.bins - apart))
        # Sums over any cell from the four corners of a table of sums (Crow 1984).
        np.cumsum(weights.cumsum(axis=1), axis=2, out=whole[:, 1:, 1:])
        low, high = np.minimum(rows + side, height), np.minimum(columns + side, width)
        found[..., bin] = (
            whole[:, low][:, :, high] - whole[:, rows][:, :, high] - whole[:, low][:, :, columns]
            + whole[:, rows][:, :, columns]
        )  # fmt: skip
    return _blocks(found, max(1, side // step))


def _blocks(cells: Pixels, apart: int) -> Pixels:
    """Neighbouring cells normalised together: [n, rows, columns, bins] to [n, features]."""
    reach = apart * (BLOCK - 1)
    rows, columns = max(1, cells.shape[1] - reach), max(1, cells.shape[2] - reach)
    corners = [
        cells[:, down : down + rows, right : right + columns]
        for down in range(0, min(reach, cells.shape[1] - 1) + 1, apart)
        for right in range(0, min(reach, cells.shape[2] - 1) + 1, apart)
    ]
    blocks = _unit(np.minimum(_unit(np.concatenate(corners, axis=3)), CLIP))
    return blocks.reshape(len(blocks), -1)


def _unit(blocks: Pixels) -> Pixels:
    return blocks / np.sqrt((blocks**2).sum(axis=3, keepdims=True) + LEAST)
