"""Models: their settings in conf/models/, their algorithms, and how one is trained, chosen and registered."""

from tidemill.models.settings import ModelSettings, UnknownModel, load_model_settings
from tidemill.models.training import train_model

__all__ = ["ModelSettings", "UnknownModel", "load_model_settings", "train_model"]
