"""One way to predict with any registered model: a whole table, or what changes in it, and why."""

from tidemill.scoring.batch import score_table
from tidemill.scoring.changes import NoKey
from tidemill.scoring.following import Following
from tidemill.scoring.predicting import predictions
from tidemill.scoring.reasons import Reasons
from tidemill.scoring.source import personal_columns, predictions_of

__all__ = ["Following", "NoKey", "Reasons", "personal_columns", "predictions", "predictions_of", "score_table"]
