"""What is said of a model follows from its numbers."""

import math
from dataclasses import replace

import pytest

from tidemill.models.evaluation import CalibrationBin, CandidateFigures, Column, ErrorBin, Figure, Segment
from tidemill.models.report import remarks_of


def said(findings):
    """The remarks by what they are about; of several the first."""
    return {each.about: each for each in reversed(remarks_of(findings))}


def bad(findings):
    return {each.about for each in remarks_of(findings) if each.tone == "bad"}


def test_a_good_model_is_told_without_a_warning(churn, price):
    assert bad(churn()) == bad(price()) == set()


def test_the_answer_of_a_classifier_is_counted_in_hundreds(churn):
    text = said(churn())["answer"].text

    assert "Of 100 rows that it names, 62 have left = 1, against 27 of 100 rows in all" in text
    assert "it finds 71 of 100 that have it" in text
    assert "at least 0.400 (chosen on out-of-fold predictions): 31 of 100." in text


def test_a_classifier_that_names_nobody_is_told(churn):
    nobody = churn(classes={"threshold": math.inf, "tp": 0.0, "fp": 0.0, "fn": 300.0, "tn": 800.0})

    assert "names no row as left = 1" in said(nobody)["answer"].text
    assert "answer" in bad(nobody)


@pytest.mark.parametrize(
    ("area", "words", "tone"),
    [
        (0.51, "poor, hardly better than guessing", "bad"),
        (0.65, "weak", "bad"),
        (0.75, "fair", "plain"),
        (0.85, "good", "good"),
        (0.95, "very good", "good"),
        (0.985, "look for leakage", "bad"),
    ],
)
def test_the_area_under_the_curve_is_graded(churn, area, words, tone):
    remark = said(churn(holdout={"roc_auc": Figure(area, area - 0.02, area + 0.01)}))["discrimination"]

    assert words in remark.text
    assert f"ROC AUC {area:.3f}" in remark.text
    assert remark.tone == tone


def test_an_area_whose_interval_reaches_a_guess_is_poor(churn):
    assert "poor" in said(churn(holdout={"roc_auc": Figure(0.72, 0.49, 0.9)}))["discrimination"].text


def test_suspiciously_good_figures_name_where_to_look_first(churn, price):
    for findings in (
        churn(holdout={"roc_auc": Figure(0.99, 0.98, 1.0)}),
        price(holdout={"r2": Figure(0.99, 0.98, 1.0)}),
    ):
        (text,) = [each.text for each in remarks_of(findings) if "leakage" in each.text]
        assert "Begin with 'tenure', 'contract' and 'plan'." in text


def bins(*pairs):
    return tuple(CalibrationBin(400.0, probability, share) for probability, share in pairs)


@pytest.mark.parametrize(
    ("calibration", "mean", "words"),
    [
        (bins((0.2, 0.1), (0.5, 0.35)), 0.35, "too high by 7.7 percentage points on average"),
        (bins((0.1, 0.2), (0.3, 0.4)), 0.2, "too low by 7.3 percentage points on average"),
        (bins((0.05, 0.2), (0.5, 0.35)), 0.27, "too sure: high ones are too high and low ones too low"),
        (bins((0.2, 0.05), (0.35, 0.5)), 0.27, "too timid: high ones are too low and low ones too high"),
    ],
)
def test_probabilities_that_are_off_are_told_how(churn, calibration, mean, words):
    findings = churn(classes={"calibration": calibration, "mean_probability": mean})

    assert words in said(findings)["calibration"].text
    assert "calibration" in bad(findings)


def test_probabilities_of_few_rows_may_be_off_by_chance(churn):
    few = (CalibrationBin(25.0, 0.2, 0.28), CalibrationBin(25.0, 0.5, 0.42))

    assert "at face value" in said(churn(classes={"calibration": few}))["calibration"].text


def test_accuracy_is_held_against_saying_the_same_of_all(churn):
    assert "baseline" not in said(churn())
    assert (
        "calling every row 0 would be on 73 %"
        in said(churn(holdout={"accuracy": Figure(0.7, 0.68, 0.72)}))["baseline"].text
    )


def test_few_rows_of_a_class_are_warned_of(churn, price):
    assert "rests on 60 rows of class 1" in said(churn(classes={"tp": 50.0, "fn": 10.0}))["size"].text
    assert "rests on 80 rows" in said(price(subject={"rows": 80}))["size"].text


def test_the_most_telling_columns_are_named_with_what_they_are_worth(churn, price):
    text = said(churn())["columns"].text

    assert "columns are 'tenure' (0.06), 'contract' (0.04) and 'plan' (0.03)" in text
    assert "its ROC AUC falls when" in text
    assert "1 of its 4 columns makes no clear difference." in text
    assert "its RMSE of the logarithm rises when" in said(price())["columns"].text


def test_a_model_that_looks_at_nothing_or_at_one_column_alone_is_told(churn):
    nothing = churn(columns=(Column("tenure", 0.001, 0.002),))
    alone = churn(columns=(Column("paid", 0.3, 0.01), Column("plan", 0.01, 0.001), Column("age", 0.01, 0.001)))

    assert "No column tells it anything" in said(nothing)["columns"].text
    assert "'paid' alone makes 94 %" in said(alone)["one_column"].text
    assert "one_column" in bad(alone)


def test_the_hold_out_confirms_the_folds_or_does_not(churn, price):
    worse = churn(holdout={"roc_auc": Figure(0.78, 0.76, 0.8)})
    larger_error = price(holdout={"rmse_log": Figure(0.16, 0.15, 0.17)})
    better = churn(holdout={"roc_auc": Figure(0.9, 0.88, 0.92)})

    assert "confirms what the folds promised: ROC AUC 0.850 on the hold-out, 0.848 on" in said(churn())["holdout"].text
    assert "holdout" in bad(worse)
    assert "holdout" in bad(larger_error)
    assert "easier than the folds" in said(better)["holdout"].text


def test_folds_that_spread_widely_are_told(churn, price):
    def spread(metric, *values):
        mean = sum(values) / len(values)
        deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
        return (
            CandidateFigures(
                "gbt", {}, tuple({metric: value} for value in values), {metric: mean}, {metric: deviation}
            ),
        )

    wide = churn(candidates=spread("roc_auc", 0.75, 0.85, 0.95), best=0)
    wide_error = price(candidates=spread("rmse_log", 0.08, 0.12, 0.16), best=0)

    assert "the folds agree" in said(churn())["folds"].text
    assert "lies between 0.750 and 0.950 (deviation 0.0816): the folds differ widely" in said(wide)["folds"].text
    assert "folds" in bad(wide)
    assert "folds" in bad(wide_error)


def test_a_lead_within_the_folds_spread_is_a_matter_of_taste(churn):
    winner, rival = churn().candidates[1], churn().candidates[0]
    close = churn(candidates=(replace(rival, mean={"roc_auc": 0.846}), winner))

    assert "rival" not in said(churn())
    assert "lead over random forest is 0.002" in said(close)["rival"].text


def test_a_segment_that_is_much_worse_is_named(churn, price):
    segment = Segment("contract", "monthly", 300, 0.35, 6.5, 0.4, 0.41)
    worse = churn(segments=(segment, *churn().segments))
    chance = churn(segments=(replace(segment, far=2.0), *churn().segments))
    somewhat = churn(segments=(replace(segment, error=0.26), *churn().segments))

    assert (
        said(worse)["segments"].text
        == "It is much more often wrong than over all rows (20 %) where 'contract' is monthly (35 %)."
    )
    assert "segments" in bad(worse)
    assert "In no segment with enough rows" in said(chance)["segments"].text
    assert said(somewhat)["segments"].tone == "plain"
    assert (
        "much further off than over all rows (6 %)"
        in said(price(segments=(replace(segment, error=0.1),)))["segments"].text
    )


def test_a_segment_that_comes_out_otherwise_than_expected_is_named(churn):
    off = Segment("plan", "flat", 200, 0.2, 0.0, 0.2, 0.4)

    remark = said(churn(segments=(off,)))["segment_calibration"]

    assert remark.text == "Where 'plan' is flat it expects 40 % and 20 % come."
    assert "segment_calibration" not in said(churn(segments=(replace(off, rows=15),)))


def test_the_answer_of_a_number_is_how_far_off_it_is(price):
    text = said(price())["answer"].text

    assert "Half of its predictions are within 8,100 of the actual worth, 90 of 100 within 19,700" in text
    assert "The mean error is 9,500, or 6 % of the actual worth." in text
    assert "of the actual worth." not in said(price(holdout={"mape": Figure(1e9, 0, 2e9)}))["answer"].text


@pytest.mark.parametrize(
    ("fit", "words", "tone"),
    [
        (0.02, "poor", "bad"),
        (0.2, "weak", "bad"),
        (0.5, "fair", "plain"),
        (0.8, "good", "good"),
        (0.99, "leakage", "bad"),
    ],
)
def test_the_fit_is_graded(price, fit, words, tone):
    remark = said(price(holdout={"r2": Figure(fit, fit - 0.01, fit + 0.005)}))["fit"]

    assert words in remark.text
    assert remark.tone == tone


def test_errors_that_lean_to_one_side_are_told(price):
    timid = ErrorBin(110, 290_000.0, -9_000.0, -17_000.0, -1_000.0)
    tenths = (*price().residuals.by_prediction[:-1], timid)

    assert "too high, by 5,000 on average" in said(price(residuals={"mean": 5_000.0}))["bias"].text
    assert "its errors cancel out" in said(price())["bias"].text
    remark = said(price(residuals={"by_prediction": tenths}))["highest_tenth"]
    assert remark.text == "The highest tenth of its predictions, about 290,000, is too low by 9,000 on average."


def test_the_comparison_with_the_champion_is_told(churn):
    worse = said(churn(comparison="It is the lesser one.", better=False))["comparison"]

    assert (worse.text, worse.tone) == ("It is the lesser one.", "bad")
    assert said(churn(comparison="Nothing could be shown."))["comparison"].tone == "plain"
