import numpy as np
import pandas as pd
import pytest

from tidemill.demo.faults import Fault, inject

FAULTS = (
    Fault("amount.min", {"amount": -1}),
    Fault("amount.type", {"amount": "a lot"}),
    Fault("id.required", {"id": None}),
)


@pytest.fixture
def good_rows() -> pd.DataFrame:
    return pd.DataFrame({"id": range(1000), "amount": range(1000, 2000), "day": "2018-01-02"})


def _broken(rows: pd.DataFrame) -> pd.Series:
    return rows["id"].isna() | rows["amount"].map(lambda amount: not isinstance(amount, int) or amount < 0)


def test_every_counted_fault_is_one_row(good_rows):
    delivery = inject(good_rows, FAULTS, np.random.default_rng(1))

    assert sum(delivery.checks.values()) == 10
    assert _broken(delivery.rows).sum() == 10
    assert delivery.checks["amount.min"] == (delivery.rows["amount"] == -1).sum()


def test_a_copy_stands_behind_its_original_and_is_a_good_row(good_rows):
    delivery = inject(good_rows, FAULTS, np.random.default_rng(1))

    copies = delivery.rows[delivery.rows.index.duplicated(keep="first")]
    originals = delivery.rows[delivery.rows.index.duplicated(keep="last")]
    assert len(copies) == delivery.duplicates == 10
    assert not _broken(copies).any()
    pd.testing.assert_frame_equal(copies, originals)


def test_every_second_copy_is_an_older_state_where_one_can_be_made(good_rows):
    def make_older(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(day="2017-12-31")

    delivery = inject(good_rows, FAULTS, np.random.default_rng(1), make_older=make_older)

    assert (delivery.rows["day"] == "2017-12-31").sum() == delivery.duplicates // 2


def test_spared_rows_stay_as_they_are(good_rows):
    spared = list(range(15, 1000))

    delivery = inject(good_rows, FAULTS[:1], np.random.default_rng(1), spared=spared[: 1000 - 30])

    kept = delivery.rows.loc[spared[: 1000 - 30]]
    assert len(kept) == 1000 - 30
    assert not _broken(kept).any()
