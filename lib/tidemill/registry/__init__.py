"""The model registry: MLflow's runs, models and the alias champion."""

from tidemill.registry.card import ModelCard, SplitCard
from tidemill.registry.store import Champion, NoChampion, Registered, Registry, Trial

__all__ = ["Champion", "ModelCard", "NoChampion", "Registered", "Registry", "SplitCard", "Trial"]
