import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tidemill.demo.deliveries import Injected, InjectedDataset
from tidemill.demo.whereabouts import TableMissing, read_table, whereabouts

FAILURES = pa.list_(pa.struct([("check", pa.string())]))


def table(lake_root, name, **columns):
    path = lake_root / name.replace(".", "/")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_deltalake(str(path), pa.table(columns))


def lake_of(lake_root, bronze, silver, *reasons, replayed=0):
    """A lake with so many rows in bronze and silver, and a quarantined row a list of reasons."""
    failures = [[{"check": check} for check in checks] for checks in reasons]
    times = [None] * (len(reasons) - replayed) + [1] * replayed
    table(lake_root, "bronze.shops", row=list(range(bronze)))
    table(lake_root, "silver.shops", _warnings=pa.array([["amount.max"], *[[]] * (silver - 1)], pa.list_(pa.string())))
    table(
        lake_root, "quarantine.shops", _failures=pa.array(failures, FAILURES), _replayed_at=pa.array(times, pa.int64())
    )


def injected(rows, duplicates, **checks):
    named = {check.replace("__", "."): count for check, count in checks.items()}
    dataset = InjectedDataset(files=1, rows_delivered=rows, checks=named, duplicates=duplicates)
    return Injected(seed=1, fault_rate=0.01, duplicate_rate=0.01, datasets={"shops": dataset})


def test_tables_that_hold_what_was_injected_differ_in_nothing(tmp_path):
    lake_of(tmp_path, 10, 6, ["city.one_of"], ["id.required"], ["id.required"])

    (shops,) = whereabouts(tmp_path, injected(10, 1, city__one_of=1, id__required=2))

    assert shops.duplicates == 1
    assert shops.marked == {"amount.max": 1}
    assert shops.differences == []


def test_a_row_refused_for_another_reason_is_named(tmp_path):
    lake_of(tmp_path, 10, 7, ["city.one_of"], ["id.type"])

    (shops,) = whereabouts(tmp_path, injected(10, 1, city__one_of=1, id__required=1))

    assert shops.differences == [
        "shops, id.required: 1 injected, 0 found",
        "shops, id.type: 0 injected, 1 found",
    ]


def test_a_row_that_was_lost_is_named(tmp_path):
    lake_of(tmp_path, 9, 7, ["city.one_of"])

    (shops,) = whereabouts(tmp_path, injected(10, 1, city__one_of=1))

    assert shops.differences == ["shops, rows delivered: 10 injected, 9 found"]


def test_a_row_with_two_reasons_counts_for_both_and_is_told_apart(tmp_path):
    lake_of(tmp_path, 10, 8, ["city.one_of", "id.required"])

    (shops,) = whereabouts(tmp_path, injected(10, 1, city__one_of=1, id__required=1))

    assert shops.differences == ["shops, rows quarantined: 2 injected, 1 found"]


def test_a_replayed_row_is_no_longer_in_quarantine(tmp_path):
    lake_of(tmp_path, 10, 8, ["city.one_of"], ["id.required"], replayed=1)

    (shops,) = whereabouts(tmp_path, injected(10, 1, city__one_of=1))

    assert shops.quarantined == 1


def test_a_table_that_was_never_written_is_named(tmp_path):
    with pytest.raises(TableMissing, match="Run: tidemill demo"):
        read_table(tmp_path, "gold.weather_daily")
