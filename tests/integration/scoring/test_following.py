"""A table that changes, and the predictions that follow it."""

import math
import random
from threading import Event, Thread

import pytest

from tests.integration.scoring.people import PEOPLE, SCHEMA
from tidemill.features import MissingColumns, NotANumber
from tidemill.lake import Counts, Lake, Ledger, NoSuchTable, runs
from tidemill.registry import NoChampion
from tidemill.scoring import Following, NoKey, Reasons, score_table


class Killed(BaseException):
    pass


def killed(*_, **__):
    raise Killed


def changed(rows, **update):
    """These rows with other values in the columns named, where the key is given."""
    names = [field.split()[0] for field in SCHEMA.split(", ")]
    key = update.pop("id")
    return [tuple({**dict(zip(names, row, strict=True)), **update}.values()) if row[0] == key else row for row in rows]


def catch_up(house, **asked):
    return Following(house.lake, house.registry, "leaving", **asked).catch_up()


def in_batch(house, tmp_path):
    """What score_table makes of the same people, without what differs between two runs."""
    apart = Lake(house.lake.spark, str(tmp_path / "apart"))
    rows = house.lake.read("gold.people")
    apart.append("gold.people", rows, None)
    score_table(apart, house.registry, "leaving")
    return without_runs(type(house)(lake=apart, registry=house.registry).predicted())


def without_runs(predicted):
    return {key: {name: value for name, value in row.items() if name != "_run_id"} for key, row in predicted.items()}


def test_only_new_and_changed_rows_are_predicted_and_gone_ones_deleted(house):
    first = catch_up(house)
    assert first.counts == Counts(read=60, accepted=60)

    house.people([*changed(PEOPLE, id=7, age=77)[:-2], (100, 33, None, "unseen", None)])
    second = catch_up(house)

    predicted = house.predicted()
    assert second.counts == Counts(read=59, accepted=2, unchanged=57)
    assert {key for key, row in predicted.items() if row["_run_id"] == second.id} == {7, 100}
    assert set(predicted) == {*range(58), 100}
    assert second.notes == ["predictions of 2 rows that gold.people no longer has were deleted"]
    assert second.table_versions == {"gold.people": 1, "gold.leaving_predictions": 1}
    assert {reason["column"] for reason in predicted[7]["reasons"]} >= {"age"}


def test_a_table_built_again_with_the_same_rows_makes_no_run(house):
    catch_up(house)
    house.people(list(reversed(PEOPLE)))

    assert catch_up(house) is None
    assert runs(house.lake).where("job = 'score'").count() == 1


def test_after_any_changes_the_predictions_are_those_of_batch(house, tmp_path):
    drawn = random.Random(5)
    for _ in range(3):
        kept = drawn.sample(PEOPLE, 50)
        for row in drawn.sample(kept, 5):
            kept = changed(kept, id=row[0], paid=drawn.choice([None, math.inf, math.nan, 1.25]), left=None)
        house.people([*kept, (drawn.randrange(100, 200), 50, 1.0, drawn.choice([None, "new", "flat"]), 1)])
        catch_up(house)

    assert without_runs(house.predicted()) == in_batch(house, tmp_path)


def test_what_batch_predicted_is_not_predicted_again(house):
    score_table(house.lake, house.registry, "leaving")

    assert catch_up(house) is None


@pytest.mark.parametrize("moment", [(Lake, "upsert"), (Ledger, "commit")])
def test_a_run_that_is_killed_before_or_after_it_has_written_is_finished_by_the_next(house, monkeypatch, moment):
    catch_up(house)
    house.people(changed(PEOPLE, id=7, age=77))
    with monkeypatch.context() as broken:
        broken.setattr(*moment, killed)
        with pytest.raises(Killed):
            catch_up(house)
    begun = Ledger(house.lake).last("score", "leaving")

    finished = catch_up(house)

    assert (begun.event, finished.id) == ("planned", begun.id)
    assert finished.counts == Counts(read=60, accepted=1, unchanged=59)
    assert {key for key, row in house.predicted().items() if row["_run_id"] == finished.id} == {7}
    assert house.lake.version("gold.leaving_predictions") == 1
    assert catch_up(house) is None


def test_what_changed_while_a_killed_run_lay_is_predicted_by_the_next(house, monkeypatch):
    catch_up(house)
    house.people(changed(PEOPLE, id=7, age=77))
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "commit", killed)
        with pytest.raises(Killed):
            catch_up(house)
    house.people(changed(changed(PEOPLE, id=7, age=77), id=8, age=78))

    assert catch_up(house).counts == Counts(read=60, accepted=1, unchanged=59)
    assert len(house.predicted()) == 60


def test_a_new_champion_predicts_what_changes_from_then_on_and_batch_everything(house):
    house.train("changing", 0.01)
    following = Following(house.lake, house.registry, "changing")
    following.catch_up()
    house.train("changing", 10.0)
    house.people(changed(PEOPLE, id=7, age=77))

    following.catch_up()
    assert {row["model_version"] for key, row in house.predicted("changing").items() if key != 7} == {1}
    assert house.predicted("changing")[7]["model_version"] == 2

    score_table(house.lake, house.registry, "changing")
    assert {row["model_version"] for row in house.predicted("changing").values()} == {2}


def test_a_champion_that_reads_other_columns_predicts_every_row_again(house):
    house.train("widening", 0.01, numbers=("age",))
    following = Following(house.lake, house.registry, "widening")
    following.catch_up()
    house.train("widening", 0.01)
    house.people(PEOPLE[:-1])

    assert following.catch_up().counts == Counts(read=59, accepted=59)


def test_predictions_of_an_earlier_kind_are_made_anew(house):
    old = house.lake.spark.createDataFrame([(1, 0.5), (999, 0.5)], "id int, probability double")
    house.lake.append("gold.leaving_predictions", old, None)

    assert catch_up(house).counts == Counts(read=60, accepted=60)
    assert set(house.predicted()) == set(range(60))


def test_it_follows_until_it_is_told_to_stop(house):
    stopping, ended = Event(), []
    following = Following(house.lake, house.registry, "leaving", Reasons(0))
    worker = Thread(target=lambda: ended.extend(following.follow(once=False, stopping=stopping, every=0.2)))
    worker.start()
    while not house.lake.exists("gold.leaving_predictions"):
        assert worker.is_alive()
    house.people(changed(PEOPLE, id=7, age=77))
    while house.lake.version("gold.leaving_predictions") == 0:
        assert worker.is_alive()
    stopping.set()
    worker.join(timeout=60)

    assert [run.counts.accepted for run in ended] == [60, 1]
    assert not worker.is_alive()


def test_a_key_that_is_null_or_stands_twice_is_named_and_nothing_is_written(house):
    catch_up(house)
    house.people([*PEOPLE, PEOPLE[0], (None, *PEOPLE[1][1:])])

    with pytest.raises(NoKey, match=r"gold\.people: 2 keys \(id\) are null or stand there more than once"):
        catch_up(house)
    assert len(house.predicted()) == 60


def test_a_table_that_does_not_fit_the_model_is_named(house):
    rows = house.lake.spark.createDataFrame([(1, 20.0, "flat")], "id int, paid double, plan string")
    house.lake.append("silver.no_age", rows, None)
    texts = house.lake.spark.createDataFrame([(1, "old", 2.0, "flat")], "id int, age string, paid double, plan string")
    house.lake.append("silver.age_in_words", texts, None)

    with pytest.raises(MissingColumns, match=r"silver\.no_age has no column 'age'"):
        catch_up(house, table="silver.no_age")
    with pytest.raises(NotANumber, match=r"silver\.age_in_words has 'age' as string"):
        catch_up(house, table="silver.age_in_words")
    with pytest.raises(NoSuchTable, match=r"gold\.nowhere"):
        catch_up(house, table="gold.nowhere")
    with pytest.raises(NoChampion):
        Following(house.lake, house.registry, "ghost").catch_up()
    assert not house.lake.exists("gold.leaving_predictions")


def test_another_table_with_the_same_columns_may_be_followed(house):
    other = house.lake.spark.createDataFrame(PEOPLE[:3], SCHEMA).drop("left")
    house.lake.append("silver.applicants", other, None)

    catch_up(house, table="silver.applicants")

    assert {row["split"] for row in house.predicted().values()} == {None}
    assert set(house.predicted()) == {0, 1, 2}


def test_missing_infinite_and_unseen_values_get_the_answer_of_their_stand_ins(house):
    alike = [(1, 35, None, "flat", 0), (2, 35, math.inf, "flat", 0), (3, 35, math.nan, "flat", 0)]
    house.people([*alike, (4, 35, 1.5, None, 0), (5, 35, 1.5, "unseen", 0), (6, None, None, None, None)])

    catch_up(house)

    found = {key: row["probability"] for key, row in house.predicted().items()}
    assert found[1] == found[2] == found[3]
    assert found[4] == found[5]
    assert all(0 < probability < 1 for probability in found.values())
