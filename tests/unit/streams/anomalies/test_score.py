import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tidemill.errors import TidemillError
from tidemill.streams.anomalies import score

HOURS = 60 * 24


def series(values, sensor="a", every="1h"):
    at = pd.date_range("2024-03-01", periods=len(values), freq=every, tz="UTC")
    return pd.DataFrame({"sensor": sensor, "at": at, "value": np.asarray(values, float)})


def daily(rng, hours=HOURS):
    """A day's course with a weekend, and noise that remembers."""
    hour = np.arange(hours)
    noise = pd.Series(rng.normal(0, 1, hours)).ewm(alpha=0.5, adjust=False).mean().to_numpy()
    return 20 + 8 * np.sin(2 * np.pi * hour / 24) + np.where(hour // 24 % 7 >= 5, -3, 0) + noise


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_a_reading_is_scored_by_those_before_it_alone(rng):
    values = daily(rng, 600)
    values[rng.choice(600, 6)] = np.nan
    values[400:] += 15
    whole = pd.concat([series(values), series(rng.normal(0, 1, 600), "b", "7min")])
    cut = pd.Timestamp("2024-03-03", tz="UTC")

    scored = score(whole)

    alone = score(whole[whole["at"] <= cut])
    pd.testing.assert_frame_equal(scored[scored["at"] <= cut], alone)


def test_a_sensors_score_does_not_depend_on_others_nor_on_the_order_of_rows(rng):
    one, other = series(daily(rng, 300)), series(rng.normal(0, 1, 200), "b", "5min")
    both = pd.concat([one, other], ignore_index=True).sample(frac=1, random_state=3)

    scored = score(both)

    assert list(scored.index) == list(both.index)
    assert scored[scored["sensor"] == "a"].sort_values("at")["score"].tolist() == score(one)["score"].tolist()


def spike(values, at):
    values[at] += 9


def flat(values, at):
    values[at : at + 12] = values[at]


def shifted(values, at):
    values[at : at + 12] += 8


def loud(values, at):
    values[at : at + 12] += np.tile([5, -5], 6)


def out_of_season(values, at):
    values[at : at + 6] = values[at + 12 : at + 18]


FAULTS = {spike: (1, 0.99), flat: (12, 0.9), shifted: (12, 0.9), loud: (12, 0.95), out_of_season: (6, 0.9)}


def test_each_kind_of_fault_is_scored_above_the_rest(rng):
    frames = []
    for fault, (length, _) in FAULTS.items():
        values, wrong = daily(rng), np.zeros(HOURS, bool)
        for at in range(18 * 24, HOURS - 48, 130):
            fault(values, at)
            wrong[at : at + length] = True
        frames.append(series(values, fault.__name__).assign(wrong=wrong))

    scored = score(pd.concat(frames, ignore_index=True))

    judged = scored[scored["at"] > scored["at"].min() + pd.Timedelta("400h")]
    areas = {name: roc_auc_score(rows["wrong"], rows["score"]) for name, rows in judged.groupby("sensor")}
    assert {name: area for name, area in areas.items() if area <= LEAST[name]} == {}


LEAST = {fault.__name__: least for fault, (_, least) in FAULTS.items()}


def test_about_one_reading_in_720_scores_more_than_a_half_where_nothing_is_wrong(rng):
    usual = {
        "noise": rng.normal(0, 1, 3000),
        "walk": np.cumsum(rng.normal(0, 1, 3000)),
        "daily": daily(rng, 3000),
        "skewed": np.exp(rng.normal(3, 0.5, 3000)),
        "rounded": np.round(daily(rng, 3000)),
        "counts": rng.poisson(5, 3000),
    }

    scored = score(pd.concat([series(values, name) for name, values in usual.items()]))

    shares = scored.groupby("sensor")["score"].agg(lambda scores: (scores > 0.5).mean())
    assert (shares < 3 / 720).all()


def test_seasons_of_any_length_are_found(rng):
    course = 10 * np.sin(2 * np.pi * np.arange(2000) / 36) + rng.normal(0, 1, 2000)
    wrong = np.zeros(2000, bool)
    wrong[700::91] = True
    # A value that is usual, but not then.
    course[wrong] = np.where(np.abs(course[wrong]) < 4, course[wrong] + 9, -course[wrong])

    scored = score(pd.concat([series(course, every, every) for every in ("5min", "30min", "1D", "7D")]))

    for _, scores in scored.groupby("sensor")["score"]:
        assert roc_auc_score(wrong[500:], scores[500:]) > 0.95


def test_a_level_that_stays_becomes_usual(rng):
    values = rng.normal(0, 1, 2000)
    values[1000:] += 30

    scores = score(series(values))["score"]

    assert scores[1000] > 0.6
    assert scores[1400:].median() < 0.3


@pytest.mark.parametrize("values", [[], [5.0], [1.0] * 500, [0.0, 1e300] * 200, [np.nan] * 50, [1e-12, 2e-12] * 200])
def test_any_series_has_scores_from_0_to_1(values):
    scores = score(series(values))["score"]

    assert ((scores >= 0) & (scores < 1)).all()


def test_missing_values_double_times_and_gaps_are_borne(rng):
    frame = series(daily(rng, 800)).drop(index=range(300, 500))
    frame = pd.concat([frame, frame.iloc[100:110]])
    frame.loc[[20, 30], "value"] = np.nan

    scored = score(frame)

    assert len(scored) == len(frame)
    assert (scored.loc[[20, 30], "score"] == 0).all()
    assert scored["score"].iloc[310:].median() < 0.4


def test_a_frame_without_the_columns_is_refused():
    with pytest.raises(TidemillError, match="readings have the columns sensor string, at timestamp and value double"):
        score(pd.DataFrame({"sensor": ["a"], "time": ["2024-03-01"], "value": [1.0]}))


def test_a_spark_frame_is_scored_as_a_pandas_one(spark, rng):
    frame = series(daily(rng, 100))

    scored = score(spark.createDataFrame(frame)).sort_values("at")

    assert scored["score"].tolist() == score(frame)["score"].tolist()
