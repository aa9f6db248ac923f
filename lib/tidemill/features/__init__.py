"""Feature stages: from a gold table's columns to one vector, fitted on training rows alone and saved with the model."""

from tidemill.features.levels import LevelEncoder
from tidemill.features.settings import FeatureSettings, MissingColumns, require_columns
from tidemill.features.stages import FEATURES, feature_stages

__all__ = ["FEATURES", "FeatureSettings", "LevelEncoder", "MissingColumns", "feature_stages", "require_columns"]
