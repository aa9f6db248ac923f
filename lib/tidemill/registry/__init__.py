"""The model registry: MLflow's runs, models and the alias champion."""

from tidemill.registry.card import ModelCard, SplitCard
from tidemill.registry.image_models import ImageCard, ImageChampion, ImageRegistry, NoImageChampion
from tidemill.registry.store import Champion, NoChampion, Registered, Registry, Trial

__all__ = [
    "Champion",
    "ImageCard",
    "ImageChampion",
    "ImageRegistry",
    "ModelCard",
    "NoChampion",
    "NoImageChampion",
    "Registered",
    "Registry",
    "SplitCard",
    "Trial",
]
