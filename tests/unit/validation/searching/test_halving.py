import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.ml.functions import vector_to_array
from pyspark.sql import functions as F

from tests.kept_in_spark import kept_in
from tests.unit.validation.searching.by_columns import by_column, noise
from tidemill.validation import assign_folds, cross_validate
from tidemill.validation.searching import Eliminated, Halving, WrongHalving, halving_search
from tidemill.validation.searching.halving import RUNG, on_rungs

FOLDS = 2
HALVING = Halving(key=["id"], strata="label", seed=2, eta=2)


@pytest.fixture(scope="module")
def rows(spark):
    """Columns x0 to x3, of which x1 and x2 know something of the label, and x4, which is x1."""
    known = {1: 0.3, 2: 0.25}
    made = spark.range(160).select("id", (noise(0) < 0.3).cast("double").alias("label"))
    columns = [
        (noise(at + 1) * (1 - known.get(at, 0)) + F.col("label") * known.get(at, 0)).alias(f"x{at}") for at in range(4)
    ]
    with_twin = made.select("*", *columns).withColumn("x4", F.col("x1"))
    cached = assign_folds(with_twin, ["id"], FOLDS, 1, "label").cache()
    cached.count()
    return cached


@pytest.fixture(scope="module")
def candidates(spark):
    return [by_column(f"x{at}") for at in range(4)]


@pytest.fixture(scope="module")
def search(rows, candidates, by_auc):
    heard = []
    return halving_search(rows, candidates, FOLDS, by_auc, HALVING, heard=heard.append), heard


@given(candidates=st.integers(1, 200), eta=st.integers(2, 5), rungs=st.integers(1, 5))
def test_a_rung_has_eta_times_the_rows_and_the_eta_th_part_of_the_candidates_of_the_one_before(candidates, eta, rungs):
    plan = Halving(key=["id"], eta=eta, rungs=rungs).plan(candidates)

    assert plan[0][1] == candidates
    assert plan[-1][0] == 1
    for (divisor, size), (next_divisor, next_size) in pairwise(plan):
        assert divisor == eta * next_divisor
        assert next_size == math.ceil(size / eta) < size
    assert len(plan) == rungs or plan[-1][1] == 1


def test_each_class_of_each_fold_has_its_share_of_a_rung_which_holds_the_one_before(rows):
    laid = on_rungs(rows, HALVING, [4, 2, 1]).groupBy("fold", "label").pivot(RUNG, [0, 1, 2]).count().collect()

    assert len(laid) == 2 * FOLDS
    for row in laid:
        total = row["0"] + row["1"] + row["2"]
        assert row["0"] == math.ceil(total / 4)
        assert row["0"] + row["1"] == math.ceil(total / 2)


def test_partitioning_does_not_change_the_rung_of_a_row(rows):
    one, other = (
        sorted(map(tuple, on_rungs(given, HALVING, [4, 2, 1]).select("id", RUNG).collect()))
        for given in (rows, rows.orderBy(F.rand(3)).repartition(5))
    )

    assert one == other


def test_the_best_of_each_rung_go_on_and_the_last_rung_has_all_rows(rows, candidates, search, by_auc):
    found, _ = search

    assert [(rung.share, len(rung.candidates)) for rung in found.rungs] == [(1 / 4, 4), (1 / 2, 2), (1, 1)]
    for rung, after in pairwise(found.rungs):
        means = {
            place: sum(score.figures["roc_auc"] for score in rung.scores if score.candidate == place)
            for place in rung.candidates
        }
        best = sorted(sorted(rung.candidates), key=lambda place: -means[place])[: len(after.candidates)]
        assert after.candidates == tuple(sorted(best))
    plain = cross_validate(rows, [candidates[found.best]], FOLDS, by_auc)
    assert [score.figures for score in found.rungs[-1].scores] == [score.figures for score in plain.scores]
    assert found.mean(found.best) == plain.mean(0)


def test_a_rung_s_scores_are_those_of_a_cross_validation_of_its_rows(rows, candidates, search, by_auc):
    found, _ = search
    fewest = on_rungs(rows, HALVING, [4, 2, 1]).where(F.col(RUNG) == 0)

    plain = cross_validate(fewest, candidates, FOLDS, by_auc)

    scores = [score.figures["roc_auc"] for score in found.rungs[0].scores]
    assert scores == pytest.approx([score.figures["roc_auc"] for score in plain.scores], abs=1e-12)


def test_every_candidate_keeps_its_figures_of_the_last_rung_that_it_took_part_in(search):
    found, heard = search
    newest = {place: rung for rung in found.rungs for place in rung.candidates}

    assert sorted(newest) == list(range(4))
    for place, rung in newest.items():
        assert found.by_fold(place) == [score.figures for score in rung.scores if score.candidate == place]
        assert found.validated.avgMetrics[place] == pytest.approx(found.mean(place)["roc_auc"])
    assert sorted(map(repr, heard)) == sorted(repr(score) for rung in found.rungs for score in rung.scores)


def test_predictions_out_of_fold_are_asked_for_by_the_position_among_all(rows, candidates, search):
    found, _ = search

    predicted = found.validated.out_of_fold(found.best).withColumn("said", vector_to_array("probability")[1])

    column = candidates[found.best].parameters["column"]
    assert predicted.where(F.col("said") == F.col(column)).count() == rows.count()
    assert found.validated.out_of_fold().count() == rows.count()
    with pytest.raises(Eliminated, match="candidate 0 was eliminated"):
        found.validated.out_of_fold(0)


def test_of_candidates_that_score_alike_the_first_goes_on(rows, by_auc):
    alike = [by_column(column) for column in ("x4", "x1")]

    found = halving_search(rows, alike, FOLDS, by_auc, HALVING)

    assert [rung.candidates for rung in found.rungs] == [(0, 1), (0,)]


def test_nothing_stays_cached(spark, rows, candidates, by_auc):
    kept = kept_in(spark)
    halving_search(rows, candidates[:2], FOLDS, by_auc, HALVING)

    with pytest.raises(Exception, match="nowhere"):
        halving_search(rows, [by_column("nowhere")] * 2, FOLDS, by_auc, HALVING)

    assert kept_in(spark) <= kept


@pytest.mark.parametrize(("settings", "problem"), [({"eta": 1}, "eta 1"), ({"rungs": 0}, "rungs 0")])
def test_halving_that_leads_nowhere_is_told(settings, problem):
    with pytest.raises(WrongHalving, match=problem):
        Halving(key=["id"], **settings)
