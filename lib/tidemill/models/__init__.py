"""Models: their settings in conf/models/, their algorithms, and how one is trained, chosen and registered."""

from tidemill.models.model_files import IMAGE_CLASSES, UnknownModel, known_models, task_of
from tidemill.models.requests import add_training_arguments, as_requested
from tidemill.models.settings import ModelSettings, load_model_settings
from tidemill.models.training import put_report, train_model

__all__ = [
    "IMAGE_CLASSES",
    "ModelSettings",
    "UnknownModel",
    "add_training_arguments",
    "as_requested",
    "known_models",
    "load_model_settings",
    "put_report",
    "task_of",
    "train_model",
]
