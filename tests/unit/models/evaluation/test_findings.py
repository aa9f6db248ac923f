"""The findings on two small models, held against plain Python over the same predictions."""

import json
import math
import statistics
from dataclasses import replace

import pytest
from pyspark.sql import functions as F
from sklearn.metrics import confusion_matrix, f1_score, roc_auc_score

from tidemill.models.evaluation import Bounds, NothingHeldOut, findings_of
from tidemill.models.evaluation.dependence import varied
from tidemill.models.evaluation.predictions import drawn
from tidemill.models.report import report_page


@pytest.fixture(scope="module")
def leavers(churn):
    """Key, label, probability and the columns of each held-out row."""
    rows = churn.holdout.select("id", "label", "probability", "age", "plan", "street", "member").collect()
    return [{**row.asDict(), "probability": float(row["probability"][1])} for row in rows]


@pytest.fixture(scope="module")
def sold(price):
    return [row.asDict() for row in price.holdout.select("worth", "prediction", "age", "plan").collect()]


def test_figures_are_those_at_the_threshold_within_their_intervals(churn_findings, leavers):
    label = [row["label"] for row in leavers]
    said = [row["probability"] >= 0.4 for row in leavers]

    figures = churn_findings.holdout

    assert figures["f1"].value == pytest.approx(f1_score(label, said))
    assert figures["roc_auc"].value == pytest.approx(roc_auc_score(label, [row["probability"] for row in leavers]))
    assert all(each.low < each.value < each.high for each in (figures["f1"], figures["roc_auc"]))
    assert churn_findings.subject.rows == len(leavers) == 300


def test_the_confusion_is_counted_at_the_threshold(churn_findings, leavers):
    tn, fp, fn, tp = confusion_matrix(
        [row["label"] for row in leavers], [row["probability"] >= 0.4 for row in leavers]
    ).ravel()

    classes = churn_findings.classes

    assert (classes.tp, classes.fp, classes.fn, classes.tn) == (tp, fp, fn, tn)
    assert classes.share == pytest.approx(statistics.fmean(row["label"] for row in leavers))
    assert classes.mean_probability == pytest.approx(statistics.fmean(row["probability"] for row in leavers))
    assert (classes.threshold, classes.chosen) == (0.4, True)


def test_curves_run_from_end_to_end_in_a_bounded_number_of_points(churn_findings):
    classes = churn_findings.classes

    for curve in (classes.roc, classes.gain):
        assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
        assert len(curve.x) == len(curve.y) <= 201
    assert classes.precision_recall.x[-1] == 1


def test_the_columns_that_make_the_answer_are_the_most_important(churn_findings, price_findings):
    for findings in (churn_findings, price_findings):
        assert [each.name for each in findings.columns[:2]] == ["age", "plan"]
        assert abs(findings.columns[-1].loss) < 0.01 < findings.columns[1].loss


def test_dependence_is_the_mean_answer_with_that_value_in_every_row(churn, churn_findings):
    age = next(each for each in churn_findings.dependences if each.column == "age")
    rows = drawn(churn.holdout, ["id"], 250, 300, 0).select("id", "age", "member", "paid", "plan", "street")
    twice = churn.model.transform(rows.withColumn("age", F.lit(int(age.values[1]))))

    expected = statistics.fmean(float(row[0][1]) for row in twice.select("probability").collect())

    assert age.numeric
    assert list(age.values) == sorted(age.values)
    assert age.answers[1] == pytest.approx(expected)
    assert list(age.answers) == sorted(age.answers)


def test_dependence_of_a_category_stands_at_its_levels(price_findings):
    plan = next(each for each in price_findings.dependences if each.column == "plan")

    assert plan.values == ("metered", "flat")
    assert plan.answers[0] < plan.answers[1]


def test_a_segment_has_the_error_of_its_rows(churn_findings, leavers):
    wrong = [row for row in leavers if (row["probability"] >= 0.4) != bool(row["label"])]
    found = {(each.column, each.level): each for each in churn_findings.segments}

    assert churn_findings.error == pytest.approx(len(wrong) / len(leavers))
    for column, level, test in [
        ("plan", "flat", lambda row: row["plan"] == "flat"),
        ("member", "true", lambda row: row["member"]),
        ("street", "missing", lambda row: row["street"] is None),
    ]:
        inside = [row for row in leavers if test(row)]
        segment = found[column, level]
        assert segment.rows == len(inside)
        assert segment.error == pytest.approx(sum(test(row) for row in wrong) / len(inside))
        assert segment.actual == pytest.approx(statistics.fmean(row["label"] for row in inside))
        assert segment.predicted == pytest.approx(statistics.fmean(row["probability"] for row in inside))
    far = [each.far for each in churn_findings.segments]
    assert far == sorted(far, reverse=True)


def test_quarters_of_a_number_hold_every_row_once(price_findings, sold):
    quarters = [each for each in price_findings.segments if each.column == "age"]

    assert len(quarters) == 4
    assert sum(each.rows for each in quarters) == len(sold)
    ages = sorted(row["age"] for row in sold)
    first = next(each for each in quarters if each.level.startswith("up to"))
    inside = [row for row in sold if row["age"] <= ages[len(ages) // 4 - 1]]
    assert first.rows == len(inside)
    relative = [abs(row["prediction"] - row["worth"]) / row["worth"] for row in inside]
    assert first.error == pytest.approx(statistics.fmean(relative))


def test_residuals_are_described_on_the_target_s_own_scale(price_findings, sold):
    errors = [row["prediction"] - row["worth"] for row in sold]
    residuals = price_findings.residuals

    assert residuals.mean == pytest.approx(statistics.fmean(errors))
    assert residuals.deviation == pytest.approx(statistics.pstdev(errors))
    assert residuals.sizes["0.5"] == sorted(map(abs, errors))[len(errors) // 2 - 1]
    assert sum(residuals.counts) == len(sold) == sum(each.rows for each in residuals.by_prediction)
    assert len(residuals.by_prediction) == 10
    assert 60 < len(residuals.actual) < 140
    assert price_findings.holdout["rmse"].value == pytest.approx(
        math.sqrt(statistics.fmean(error**2 for error in errors))
    )
    assert price_findings.holdout["rmse_log"].value < 0.1


def test_out_of_fold_figures_are_those_of_its_rows(churn, churn_findings):
    rows = churn.out_of_fold.select("label", "probability").collect()

    expected = roc_auc_score([row["label"] for row in rows], [float(row["probability"][1]) for row in rows])

    assert churn_findings.out_of_fold["roc_auc"] == pytest.approx(expected)


def test_findings_are_json_without_what_json_does_not_know(churn_findings, price_findings):
    endless = replace(churn_findings, classes=replace(churn_findings.classes, threshold=math.inf))

    for findings in (endless, price_findings):
        assert json.loads(json.dumps(findings.to_dict(), allow_nan=False))["subject"]["version"] == 3
    assert endless.to_dict()["classes"]["threshold"] is None


def test_a_large_hold_out_gets_fewer_replicates(churn):
    few = findings_of(churn, Bounds(rows=50, repeats=1, replicates=400, drawn=300 * 50, columns=0, scatter=10))

    assert few.subject.replicates == 50
    assert few.dependences == ()


def test_each_row_is_varied_in_one_column_at_a_time(spark):
    rows = spark.createDataFrame([(1, 10, "a"), (2, 20, "b")], "id int, age int, plan string")

    found = varied(rows, {"age": (30,), "plan": ("c", None)})

    assert found.schema["age"].dataType.simpleString() == "int"
    assert {tuple(row) for row in found.select("id", "age", "plan", "_of_column", "_of_point").collect()} == {
        (1, 30, "a", 0, 0),
        (1, 10, "c", 1, 0),
        (1, 10, None, 1, 1),
        (2, 30, "b", 0, 0),
        (2, 20, "c", 1, 0),
        (2, 20, None, 1, 1),
    }


def test_a_hold_out_without_a_row_is_told(churn):
    with pytest.raises(NothingHeldOut, match=r"no row of gold\.people was held out, .* raise 'holdout' in conf/models"):
        findings_of(replace(churn, holdout=churn.holdout.where("false")))


def test_a_hold_out_of_one_class_has_findings_and_a_page(churn):
    stayed = replace(churn, holdout=churn.holdout.where("left = 0"))

    findings = findings_of(stayed, Bounds(rows=100, repeats=1, replicates=40, columns=2, points=3))

    assert math.isnan(findings.holdout["roc_auc"].value)
    assert "has one class alone" in report_page(findings)
