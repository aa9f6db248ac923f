"""The settings of an image classifier, read and checked without the libraries that train."""

from tidemill.models.images.settings.augmenting import AugmentSettings
from tidemill.models.images.settings.image_model import ImageSettings, load_image_settings
from tidemill.models.images.settings.limits import LANES, MOST_VIEWS
from tidemill.models.images.settings.training import EarlyStoppingSettings, StageSettings, TrainingSettings

__all__ = [
    "LANES",
    "MOST_VIEWS",
    "AugmentSettings",
    "EarlyStoppingSettings",
    "ImageSettings",
    "StageSettings",
    "TrainingSettings",
    "load_image_settings",
]
