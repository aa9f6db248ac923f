from types import SimpleNamespace

from tidemill.models.progress import Progress
from tidemill.validation import Candidate, Score


def test_a_line_says_which_fit_it_was_how_it_scored_and_how_long_the_rest_takes():
    times = iter([0.0, 10.0, 20.0])
    told = []
    candidates = [Candidate("tree", [], {"maxDepth": 3}), Candidate("line", [], {})]
    progress = Progress(candidates, SimpleNamespace(folds=2, metric="rmse"), told.append, clock=lambda: next(times))

    progress.heard(Score(1, 0, {"rmse": 0.5}))
    progress.heard(Score(0, 0, {"rmse": 0.25}))

    assert told == [
        "fold 1 of 2, candidate 2 of 2 (line): rmse 0.5000, about 40 s left",
        "fold 1 of 2, candidate 1 of 2 (tree maxDepth=3): rmse 0.2500, about 30 s left",
    ]
