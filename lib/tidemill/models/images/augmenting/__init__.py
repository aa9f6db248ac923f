"""Varied images, mixed images and dropped features, all drawn by seed, epoch and sample."""

from tidemill.models.images.augmenting.draws import Draws
from tidemill.models.images.augmenting.mixing import Mixed, kept, mixed_up, partners_of
from tidemill.models.images.augmenting.varying import varied

__all__ = ["Draws", "Mixed", "kept", "mixed_up", "partners_of", "varied"]
