"""What silver of an image dataset holds: the size and mode of all its images, which are kept, and their splits."""

from collections.abc import Collection
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen

Side = Annotated[int, Field(ge=1, le=4096)]
# What silver holds of an image beside its pixels, with Spark's types: what checks may name.
IMAGE_COLUMNS = {
    **dict.fromkeys(("image_id", "path", "label", "split"), "string"),
    **dict.fromkeys(("height", "width", "channels", "original_height", "original_width"), "int"),
    "phash": "string",
}
# What else a contract of images may say; its columns, key and way of writing follow from its kind.
BESIDE = {"name", "version", "description", "mode", "source", "images", "checks", "retention", "alerts"}


class Splits(Frozen):
    """How images are divided; the rest is `train`.

    Attributes:
        seed: another seed makes other splits.
        validation: a share of each class, or a pattern of paths, as in `validation/*` (`*` is any text, `/` too).
        test: as `validation`. A share is taken of the images whose split no pattern tells.
    """

    seed: int = 7
    validation: float | str = 0.15
    test: float | str = 0.15

    @model_validator(mode="after")
    def _leaves_something_to_train(self) -> Self:
        for name, share in self.shares.items():
            if not 0 <= share < 1:
                raise ValueError(f"{name}: expected a share from 0 to less than 1, or a pattern of paths, got {share}")
        if sum(self.shares.values()) >= 1:
            raise ValueError("validation and test together must leave a share to train")
        return self

    @property
    def shares(self) -> dict[str, float]:
        """The share of each class by split, of those that are told by share."""
        return {name: value for name, value in self._told.items() if not isinstance(value, str)}

    @property
    def patterns(self) -> dict[str, str]:
        """The pattern of paths by split, of those that are told by path."""
        return {name: value for name, value in self._told.items() if isinstance(value, str)}

    @property
    def _told(self) -> dict[str, float | str]:
        return {"test": self.test, "validation": self.validation}


class Images(Frozen):
    """The section `images` of a contract.

    Attributes:
        size: height and width of all images in silver, in pixels.
        mode: RGB or L (grey). An image of another mode is taken where nothing is lost by converting it.
        fit: how an image of other proportions becomes one of `size`: `crop` (its middle), `pad` (black beside it) or
            `stretch`.
        min_size: height and width that an image must at least have as delivered.
        max_bytes: of a file; larger ones are not read.
        max_pixels: of an image as delivered; larger ones are not decoded.
        duplicates: `exact` (the same bytes), `perceptual` (perceptual hashes of which at most `distance` of the 64 bits
            differ) or `none` (all are kept). Of duplicates the first by path is kept.
        distance: see `duplicates`.
        splits: how images are divided.
        classes: with `labels: idx` the names of the labels 0, 1 and so on; the numbers themselves where none are given.
    """

    size: tuple[Side, Side]
    mode: Literal["RGB", "L"] = "RGB"
    fit: Literal["crop", "pad", "stretch"] = "crop"
    min_size: tuple[Side, Side] = (1, 1)
    max_bytes: int = Field(default=20 << 20, ge=1, le=1 << 30)
    max_pixels: int = Field(default=50_000_000, ge=1)
    duplicates: Literal["exact", "perceptual", "none"] = "exact"
    distance: int = Field(default=0, ge=0, le=6)
    splits: Splits = Splits()
    classes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.distance and self.duplicates != "perceptual":
            raise ValueError("distance is for duplicates: perceptual")
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("classes: each name may stand once")
        return self

    @property
    def channels(self) -> int:
        """Of a pixel: 3 or 1."""
        return len(self.mode)

    @property
    def bytes_an_image(self) -> int:
        """The size of an image's pixels in silver."""
        return self.size[0] * self.size[1] * self.channels

    @property
    def prepared_as(self) -> str:
        """What all images of a table have in common, in words."""
        height, width = self.size
        return f"{height} x {width} {self.mode} by {self.fit}"

    def require_alone(self, mode: str, labels: str, given: Collection[str]) -> None:
        """Refuse what a contract of images cannot say.

        Args:
            mode: of the contract.
            labels: of its source.
            given: the contract's own keys.

        Raises:
            ValueError: it says so.
        """
        if mode != "batch":
            raise ValueError("images: is for mode: batch")
        others = sorted(set(given) - BESIDE)
        if others:
            raise ValueError(f"{others[0]}: is not for source.kind: images, whose silver always has the same columns")
        if self.classes and labels != "idx":
            raise ValueError("images.classes: is for labels: idx; elsewhere the labels are names already")
