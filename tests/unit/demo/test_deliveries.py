import json

import numpy as np
import pandas as pd
import pytest

from tidemill.config import load_config
from tidemill.contract import load_contract
from tidemill.demo import customers, readings, sales
from tidemill.demo.deliveries import DeliveriesMissing, read_injected, write_deliveries
from tidemill.demo.landing import LandingNotWritable


@pytest.fixture(scope="module")
def landing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landing")
    write_deliveries(folder, seed=20)
    return folder


def _csv(path, separator):
    return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)


def test_the_numbers_beside_the_deliveries_are_those_of_the_files(landing):
    telco = read_injected(landing).datasets["telco_customers"]
    folder = landing / "telco_customers"

    from_csv = _csv(folder / "customers.csv", ";")
    from_lines = (folder / "customers.jsonl").read_text().splitlines()
    from_parquet = pd.read_parquet(folder / "customers.parquet")

    assert telco.rows_delivered == len(from_csv) + len(from_lines) + len(from_parquet) == 7043 + telco.duplicates
    ids = [*from_csv["customer_id"].str.strip(), *from_parquet["customer_id"].fillna("")]
    ids += [json.loads(line)["customer_id"] or "" for line in from_lines[:-1]]
    assert telco.checks["customer_id.required"] == sum(not name.strip() for name in ids)
    assert telco.checks["customer_id.pattern"] == ids.count("0000-abcde")


def test_the_spreadsheet_carries_a_byte_order_mark(landing):
    assert (landing / "telco_customers" / "customers.csv").read_bytes().startswith(b"\xef\xbb\xbfcustomer_id;churn;")


def test_one_json_line_of_each_dataset_is_cut_off(landing):
    for dataset in ("telco_customers", "weather_readings"):
        lines = [line for file in (landing / dataset).glob("*.jsonl") for line in file.read_text().splitlines()]

        assert sum(not line.endswith("}") for line in lines) == 1
        assert read_injected(landing).datasets[dataset].checks["record.parse"] == 1


def test_the_same_seed_leaves_every_file_untouched(landing):
    before = {path: path.stat().st_mtime_ns for path in landing.rglob("*")}

    write_deliveries(landing, seed=20)

    assert {path: path.stat().st_mtime_ns for path in landing.rglob("*")} == before


def test_another_seed_breaks_other_rows(landing, tmp_path):
    write_deliveries(tmp_path, seed=21)

    file = "ames_sales/ames.csv"
    assert (tmp_path / file).read_bytes() != (landing / file).read_bytes()


def test_a_reading_comes_with_its_utc_day(landing):
    for name in ("2013-03-10.jsonl", "2013-11-03.jsonl"):
        lines = (landing / "weather_readings" / name).read_text().splitlines()
        times = {json.loads(line)["time_hour"][:10] for line in lines if "2013-" in line and line.endswith("}")}
        assert times - {"2013-02-30"} == {name[:10]}


def test_numbers_that_are_missing_end_in_one_line(tmp_path):
    with pytest.raises(DeliveriesMissing, match="Run: tidemill demo-data"):
        read_injected(tmp_path)


def test_a_landing_that_is_a_file_ends_in_one_line(tmp_path):
    (tmp_path / "landing").write_text("")

    with pytest.raises(LandingNotWritable, match="--home"):
        write_deliveries(tmp_path / "landing")


def test_a_sign_up_lies_as_many_whole_months_back_as_the_customer_stayed(landing):
    delivered = pd.read_parquet(landing / "telco_customers" / "customers.parquet")
    good = delivered[delivered["tenure"].between(0, 72)].drop_duplicates("customer_id")

    earliest = [customers.AS_OF - pd.DateOffset(months=int(tenure) + 1) for tenure in good["tenure"]]
    latest = [customers.AS_OF - pd.DateOffset(months=int(tenure)) for tenure in good["tenure"]]

    assert (good["signed_up_at"] > pd.Series(earliest, good.index)).all()
    assert (good["signed_up_at"] <= pd.Series(latest, good.index)).all()


@pytest.mark.parametrize(
    ("dataset", "load", "marked"),
    [
        ("telco_customers", lambda: customers.load_customers(np.random.default_rng(1)), 0),
        ("ames_sales", sales.load_sales, 1),
        ("weather_readings", readings.load_readings, 1),
    ],
)
def test_no_real_row_fails_a_column_s_check(dataset, load, marked):
    contract = load_contract(load_config(), dataset)
    real = load()

    failing = {"quarantine": 0, "warn": 0}
    for name, column in contract.columns.items():
        values = real[contract.delivered_name(name)]
        good = values.notna() if column.required else pd.Series(True, values.index)
        if column.min is not None:
            good &= values.isna() | (values >= column.min)
        if column.max is not None:
            good &= values.isna() | (values <= column.max)
        if column.one_of is not None:
            good &= values.isna() | values.str.strip().isin(column.one_of)
        if column.pattern is not None:
            good &= values.str.fullmatch(column.pattern)
        failing[column.on_fail] += int((~good).sum())

    assert failing == {"quarantine": 0, "warn": marked}
    assert not real.duplicated([contract.delivered_name(name) for name in contract.key]).any()


@pytest.mark.parametrize("module", [customers, sales, readings])
def test_every_injected_check_is_one_of_the_contract(module):
    contract = load_contract(load_config(), module.DATASET)
    faults = getattr(module, "TEXT_FAULTS", None) or module.FAULTS
    kinds = {"required", "type", "min", "max", "one_of", "pattern"}
    named = {check.name for check in contract.row_checks}

    for fault in faults:
        column, _, kind = fault.check.partition(".")
        assert (fault.check in named) or (column in contract.columns and kind in kinds)
        delivered = contract.delivered_names.values()
        assert set(fault.delivered) <= set(delivered)


def test_the_digits_lie_in_a_folder_each_and_every_picture_is_there_once_but_for_the_copies(landing):
    told = read_injected(landing).datasets["digits"]
    files = [path.relative_to(landing / "digits") for path in (landing / "digits").rglob("*.png")]

    assert told.rows_delivered == told.files == len(files) == 1797 + told.checks["image.duplicate"]
    assert {path.parent.name for path in files if path.parent.name} == {str(digit) for digit in range(10)}
    assert told.checks["image.label"] == sum(not path.parent.name for path in files)
    assert sum(told.checks.values()) == 36
