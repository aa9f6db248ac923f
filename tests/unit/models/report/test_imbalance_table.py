"""Ways to learn a rare class beside one another."""

from tidemill.models.evaluation import CandidateFigures
from tidemill.models.report.imbalance_table import imbalance_table


def tried(auc, brier, **parameters):
    mean = {"roc_auc": auc, "brier": brier}
    return CandidateFigures("logistic_regression", {"regParam": 0.1, **parameters}, (mean,), mean, {})


def test_each_way_stands_beside_the_same_candidate_on_the_rows_as_they_are(churn):
    other = CandidateFigures("decision_tree", {"maxDepth": 3}, (), {"roc_auc": 0.7}, {})
    ways = [
        tried(0.84, 0.16, imbalance="smote", recalibrate="none"),
        tried(0.85, 0.13, imbalance="x", recalibrate="platt"),
    ]
    findings = churn(candidates=(other, tried(0.849, 0.131), *ways))

    table = imbalance_table(findings)

    assert table.columns == ["how the rare class is learnt", "recalibrated by", "ROC AUC", "Brier score"]
    assert table.rows == [
        ["the rows as they are", "none", 0.849, 0.131],
        ["SMOTE", "none", 0.84, 0.16],
        ["x", "platt", 0.85, 0.13],
    ]


def test_where_no_way_was_tried_there_is_nothing_to_compare(churn):
    assert imbalance_table(churn()) is None
