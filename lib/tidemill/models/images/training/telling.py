"""How far a training is, in a line for a person every few seconds."""

import time
from collections.abc import Callable

from tidemill.models.images.settings import TrainingSettings
from tidemill.models.images.training.state import Epoch, TrainingState

Tell = Callable[[str], None]
EVERY = 5.0
MINUTE, HOUR = 60, 3600


class Telling:
    """Turns steps into lines with images a second and the time that is left.

    Args:
        settings: say how many epochs there are.
        steps: of an epoch.
        tell: is given each line.
        clock: seconds.
    """

    def __init__(
        self, settings: TrainingSettings, steps: int, tell: Tell, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._steps = steps
        self._tell = tell
        self._clock = clock
        self._told = self._begun = clock()
        self._images = 0
        self._done = 0

    def stage(self) -> None:
        """Another stage begins, whose steps take another time."""
        self._begun, self._images, self._done = self._clock(), 0, 0

    def step(self, state: TrainingState, loss: float, samples: int) -> None:
        """Tell of a step, if it is time to."""
        self._images += samples
        self._done += 1
        now = self._clock()
        if now - self._told < EVERY:
            return
        self._told = now
        stage = self._settings.stages[state.stage]
        speed = self._images / (now - self._begun)
        left = (now - self._begun) / self._done * self._left(state)
        self._tell(
            f"stage {stage.name}, epoch {state.stage_epoch + 1} of {stage.epochs}, step {state.step} of {self._steps}: "
            f"loss {loss:.4f}, {speed:.0f} images/s, about {in_words(left)} left at this stage's speed"
        )

    def epoch(self, epoch: Epoch) -> None:
        """Tell of an epoch that is over."""
        self._tell(
            f"stage {epoch.stage}, epoch {epoch.epoch + 1} in all: loss {epoch.loss:.4f}, validation loss "
            f"{epoch.validation_loss:.4f}, validation accuracy {epoch.validation_accuracy:.4f}"
        )

    def _left(self, state: TrainingState) -> int:
        """Steps, if no stage stops early."""
        stages = self._settings.stages[state.stage :]
        return (sum(each.epochs for each in stages) - state.stage_epoch) * self._steps - state.step


def in_words(seconds: float) -> str:
    """A duration as a person says it."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} h"
