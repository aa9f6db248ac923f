"""Crop, shift, mirror, turn, recolour and blank images of a batch, each by its own sample's numbers."""

import numpy as np
import torch
from kornia.enhance import adjust_brightness_accumulative, adjust_contrast_with_mean_subtraction, adjust_saturation
from kornia.geometry.bbox import bbox_generator, bbox_to_mask
from kornia.geometry.transform import get_affine_matrix2d, warp_affine
from torch import Tensor

from tidemill.models.images.augmenting.draws import Draws, Floats
from tidemill.models.images.settings import AugmentSettings

COLOURS = 3


def varied(images: Tensor, draws: Draws, settings: AugmentSettings) -> Tensor:
    """Vary each image by the numbers of its sample; what is done to one does not depend on its neighbours.

    Args:
        images: float [n, channels, height, width], from 0 to 1.
        draws: of the same n samples.
        settings: what may happen.

    Returns:
        The same shape and range.
    """
    if not len(draws):
        return images
    if settings.moves:
        images = _moved(images, draws, settings)
    if settings.colour:
        images = _recoloured(images, draws, settings.colour)
    if settings.cutout:
        images = _blanked(images, draws, settings.cutout)
    return images


def _moved(images: Tensor, draws: Draws, settings: AugmentSettings) -> Tensor:
    """Crop, shift, mirror and turn in one resampling, so that an image is blurred once."""
    height, width = images.shape[-2:]
    sides = np.array([width, height], dtype=np.float64)
    zoom = 1 / np.sqrt(draws.uniform("crop", settings.crop, 1.0))
    # A window that keeps 1/zoom of each side can lie by (1 - 1/zoom) / 2 beside the middle; zoomed, that is as below.
    room = (zoom[:, None] - 1) / 2 * (2 * draws.uniforms("window", 2) - 1) * (sides - 1)
    shift = settings.shift * (2 * draws.uniforms("shift", 2) - 1) * sides
    mirrored = np.where(draws.uniform("flip") < settings.flip, -1.0, 1.0)
    matrix = get_affine_matrix2d(
        translations=_tensor(room + shift, images),
        center=_tensor(np.tile((sides - 1) / 2, (len(draws), 1)), images),
        scale=_tensor(np.stack([zoom, zoom], axis=1), images),
        angle=_tensor(draws.uniform("rotation", -settings.rotation, settings.rotation), images),
    )
    mirror = torch.eye(3, dtype=images.dtype, device=images.device).repeat(len(draws), 1, 1)
    mirror[:, 0, 0] = _tensor(mirrored, images)
    mirror[:, 0, 2] = _tensor(np.where(mirrored < 0, width - 1.0, 0.0), images)
    return warp_affine(images, (matrix @ mirror)[:, :2], (height, width), padding_mode="zeros")


def _recoloured(images: Tensor, draws: Draws, strength: float) -> Tensor:
    low, high = 1 - strength, 1 + strength
    images = adjust_brightness_accumulative(images, _tensor(draws.uniform("brightness", low, high), images))
    images = adjust_contrast_with_mean_subtraction(images, _tensor(draws.uniform("contrast", low, high), images))
    if images.shape[1] == COLOURS:
        images = adjust_saturation(images, _tensor(draws.uniform("saturation", low, high), images)[:, None, None, None])
    return images


def _blanked(images: Tensor, draws: Draws, side: float) -> Tensor:
    """Blank a square around a random place, which the edge may cut (DeVries and Taylor 2017, arXiv:1708.04552)."""
    height, width = images.shape[-2:]
    size = round(side * min(height, width))
    corner = np.floor(draws.uniforms("cutout", 2) * np.array([width, height])) - size // 2
    whole = torch.full((len(draws),), float(size), device=images.device)
    boxes = bbox_generator(_tensor(corner[:, 0], images), _tensor(corner[:, 1], images), whole, whole)
    return images * (1 - bbox_to_mask(boxes, width, height)[:, None])


def _tensor(numbers: Floats, like: Tensor) -> Tensor:
    return torch.from_numpy(numbers).to(like)
