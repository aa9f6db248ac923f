"""One way to predict with any registered model."""

from tidemill.scoring.batch import predictions, score_table

__all__ = ["predictions", "score_table"]
