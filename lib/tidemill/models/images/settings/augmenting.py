"""How images are varied while a network learns: `training.augment` in conf/models/."""

from pydantic import Field

from tidemill.config import Frozen


class AugmentSettings(Frozen):
    """What may happen to an image of the training split; the defaults leave it as it is.

    Attributes:
        crop: the smallest share of the area that a random window keeps; 1 keeps all.
        shift: the farthest move to each side, a share of the image's side.
        flip: the probability of a mirror image, left for right.
        rotation: the largest turn to each side, degrees.
        colour: brightness, contrast and (of three channels) saturation change by at most this share.
        cutout: the side of a square that is blanked, a share of the image's side.
        mixup: alpha of Beta(alpha, alpha), from which the share of an image's partner in it is drawn; 0 mixes nothing.
    """

    crop: float = Field(default=1.0, gt=0, le=1)
    shift: float = Field(default=0.0, ge=0, lt=1)
    flip: float = Field(default=0.0, ge=0, le=1)
    rotation: float = Field(default=0.0, ge=0, le=180)
    colour: float = Field(default=0.0, ge=0, lt=1)
    cutout: float = Field(default=0.0, ge=0, lt=1)
    mixup: float = Field(default=0.0, ge=0)

    @property
    def moves(self) -> bool:
        """Whether an image is ever cropped, shifted, mirrored or turned."""
        return self.crop < 1 or self.shift > 0 or self.flip > 0 or self.rotation > 0
