"""How MLflow loads a registered classifier: mlflow.pyfunc.load_model("models:/images@champion").predict(images)."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tidemill.models.images.classifier import Classifier

FILE = "classifier.pt"


class Answering:
    """A classifier under MLflow's interface."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    def predict(self, images: NDArray[np.uint8]) -> pd.DataFrame:
        """Classify images.

        Args:
            images: uint8 [n, height, width, 1 or 3].

        Returns:
            prediction, the class; probability of it.
        """
        found = self.classifier.answers(np.asarray(images, np.uint8))
        return pd.DataFrame({"prediction": found.labels, "probability": found.probabilities})


def _load_pyfunc(path: str) -> Answering:
    """What MLflow calls with the folder that was registered."""
    return Answering(Classifier.from_bytes((Path(path) / FILE).read_bytes()))
