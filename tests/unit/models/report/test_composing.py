"""The page that the findings become."""

import re
from dataclasses import replace

from tidemill.models.evaluation import CandidateFigures, Column, Dependence, Segment
from tidemill.models.report import report_page, write_report

HOSTILE = "</script><img src=x onerror=alert(1)>"


def titles(page):
    return re.findall(r"<h2>(.*?)</h2>", page)


def captions(page):
    return re.findall(r"<figcaption>(.*?)</figcaption>", page, re.S)


def test_a_classifier_s_page_goes_from_what_matters_to_what_it_rests_on(churn):
    page = report_page(churn())

    assert titles(page) == [
        "In short",
        "Figures",
        "Whom it finds",
        "Whether its probabilities are true",
        "What it looks at",
        "Where it is wrong",
        "How it was chosen",
        "The model",
    ]
    assert page.index("Of 100 rows that it names, 62") < page.index("<h2>Figures")
    for word in ("ROC", "Precision over recall", "Gain", "Lift", "dotted line", "tenure", "contract"):
        assert any(word in caption for caption in captions(page))


def test_a_number_s_page_shows_its_errors(price):
    page = report_page(price())

    assert "How far off it is" in titles(page)
    assert "Whom it finds" not in titles(page)
    for word in ("Predicted against actual", "Errors over predictions", "errors are spread", "each tenth"):
        assert any(word in caption for caption in captions(page))


def test_a_candidate_that_was_left_behind_on_fewer_rows_is_not_called_the_best(churn):
    forest, logistic = churn().candidates
    page = report_page(churn(candidates=(replace(forest, mean={"roc_auc": 0.99}, share=0.11), logistic)))

    table = page[page.index("Candidates, mean over the folds") :]
    assert table.index("logistic regression") < table.index("random forest")
    assert "1 of them were tried on a part of the rows alone" in page
    assert "Its lead over" not in page


def test_after_the_answer_stands_what_should_be_acted_on(churn):
    page = report_page(churn(columns=(Column("tenure", 0.0, 0.002),)))

    notes = re.findall(r'<p class="note (\w+)">', page[: page.index("<h2>Figures")])
    assert notes[:2] == ["plain", "bad"]
    assert set(notes[2:]) == {"plain"}


def test_texts_from_data_are_escaped_everywhere(churn):
    first = churn().candidates[0]
    page = report_page(
        churn(
            columns=(Column(HOSTILE, 0.1, 0.01),),
            dependences=(Dependence(HOSTILE, False, (HOSTILE, "b"), (0.1, 0.2)),),
            segments=(Segment(HOSTILE, HOSTILE, 100, 0.9, 9.0, 0.5, 0.5),),
            candidates=(CandidateFigures(HOSTILE, {HOSTILE: HOSTILE}, first.folds, first.mean, first.deviation),),
            best=0,
            comparison=HOSTILE,
        )
    )

    assert "<img" not in page
    # Plots take texts for markup, so what reaches them is escaped twice.
    plotted = "".join(re.findall(r'<script type="application/json".*?</script>', page, re.S))
    assert "\\u003cimg" not in plotted
    assert "\\u0026lt;img" in plotted


def test_findings_without_much_make_a_page_too(churn):
    page = report_page(churn(segments=(), dependences=(), out_of_fold={}))

    assert "None lies above it." in page


def test_the_page_is_put_under_the_model_s_name_and_version(churn, tmp_path):
    from tidemill.config import Config
    from tidemill.config.model import MlflowConfig

    places = dict.fromkeys(("home", "landing", "lake_root", "checkpoints", "spool"), str(tmp_path))
    config = Config(
        environment="test",
        conf_dir=tmp_path,
        reports=str(tmp_path / "reports"),
        mlflow=MlflowConfig(tracking_uri="sqlite:///none", artifacts="none"),
        **places,
    )

    path = write_report(config.reports, churn())

    assert path == tmp_path / "reports" / "models" / "churn-4.html"
    assert path.read_text().startswith("<!doctype html>")
