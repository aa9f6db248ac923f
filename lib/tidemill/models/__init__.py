"""Models: their settings in conf/models/, their algorithms, and how one is trained, chosen and registered."""

from tidemill.models.requests import add_training_arguments, as_requested
from tidemill.models.settings import ModelSettings, UnknownModel, known_models, load_model_settings
from tidemill.models.training import put_report, train_model

__all__ = [
    "ModelSettings",
    "UnknownModel",
    "add_training_arguments",
    "as_requested",
    "known_models",
    "load_model_settings",
    "put_report",
    "train_model",
]
