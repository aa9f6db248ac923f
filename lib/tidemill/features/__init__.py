"""Feature stages: from a gold table's columns to one vector, fitted on training rows alone and saved with the model."""

from tidemill.features.added_columns import AddedColumns
from tidemill.features.columns import MissingColumns, NotANumber, require_columns, require_numbers
from tidemill.features.levels import LevelEncoder
from tidemill.features.names import Place, by_column, feature_names, feature_places
from tidemill.features.row_map import Point, row_map
from tidemill.features.settings import FeatureSettings
from tidemill.features.stages import FEATURES, feature_stages
from tidemill.features.target import BoxCoxTarget
from tidemill.features.typical import typical_values

__all__ = [
    "FEATURES",
    "AddedColumns",
    "BoxCoxTarget",
    "FeatureSettings",
    "LevelEncoder",
    "MissingColumns",
    "NotANumber",
    "Place",
    "Point",
    "by_column",
    "feature_names",
    "feature_places",
    "feature_stages",
    "require_columns",
    "require_numbers",
    "row_map",
    "typical_values",
]
