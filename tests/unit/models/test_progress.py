from tidemill.models import ModelSettings
from tidemill.models.progress import Progress
from tidemill.validation import Candidate, Score

SETTINGS = ModelSettings(
    name="small",
    task="regression",
    table="gold.things",
    key=("id",),
    target={"column": "price"},
    features={"numeric": ("size",)},
    candidates=[{"algorithm": "decision_tree"}, {"algorithm": "ridge"}],
    metric="rmse",
    folds=2,
)


def test_a_line_says_which_fit_it_was_how_it_scored_and_how_long_the_rest_takes():
    times = iter([0.0, 10.0, 20.0])
    told = []
    candidates = [Candidate("tree", [], {"maxDepth": 3}), Candidate("line", [], {})]
    heard = Progress(SETTINGS, candidates, told.append, clock=lambda: next(times)).searching(candidates)

    heard(Score(1, 0, {"rmse": 0.5}))
    heard(Score(0, 0, {"rmse": 0.25}))

    assert told == [
        "fold 1 of 2, candidate 2 of 2 (line): rmse 0.5000, about 40 s left",
        "fold 1 of 2, candidate 1 of 2 (tree maxDepth=3): rmse 0.2500, about 30 s left",
    ]


def test_an_ensemble_counts_as_many_fits_as_it_makes():
    ensembles = ({"kind": "stacking", "of": ("decision_tree", "ridge"), "settings": {"folds": 3}},)
    settings = ModelSettings(**{**SETTINGS.model_dump(), "ensembles": ensembles})
    times, told = iter([0.0, 10.0, 50.0]), []
    single = [Candidate("decision_tree", [], {}), Candidate("ridge", [], {})]
    progress = Progress(settings, single, told.append, clock=lambda: next(times))

    progress.searching(single)(Score(0, 0, {"rmse": 0.5}))
    progress.hearing([Candidate("stacking", [], {})], 2)(Score(0, 0, {"rmse": 0.25}))

    # Two folds of two and of the eight of the ensemble, and one more fit after each search.
    assert [line.split("about ")[1] for line in told] == ["210 s left", "72 s left"]


def test_fits_to_few_rows_count_less_for_the_time_that_is_left():
    search = {"halving": {"eta": 2, "rungs": 2}}
    settings = ModelSettings(**{**SETTINGS.model_dump(), "search": search})
    times, told = iter([0.0, 2.0, 4.0]), []
    candidates = [Candidate("tree", [], {}), Candidate("line", [], {})]
    heard = Progress(settings, candidates, told.append, clock=lambda: next(times)).searching(candidates)

    heard(Score(0, 0, {"rmse": 0.5}))
    heard(Score(1, 0, {"rmse": 0.5}))

    # Four fits to half the rows, two to all, and the refit: 5 fits in all.
    assert [line.rpartition(", ")[2] for line in told] == ["about 18 s left", "about 16 s left"]
