"""What `tidemill demo` promises: every injected fault found, no record lost, honest models, live alerts, one page."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from math import log

import pytest

from tidemill.config import load_config
from tidemill.demo.live import run_live
from tidemill.demo.live.sensors import FAULTS, LIVE_FROM, count, messages
from tidemill.demo.steps import STEPS
from tidemill.lake.stored import opened as opened_table

DATASETS = ("telco_customers", "ames_sales", "weather_readings", "digits")
SENSORS = "weather_sensors"
FETCHED = ("src", "srcset", "href", "data", "action")


@pytest.fixture(scope="module")
def home(demo):
    assert demo.ended.status == 0, f"{demo.ended.out}\n{demo.ended.err}"
    return demo.home


@pytest.fixture(scope="module")
def injected(home):
    return json.loads((home / "landing" / "injected.json").read_text())["datasets"]


@pytest.fixture
def committed(home, table):
    """The committed runs' events by job and dataset, each run once; those of the live sensors are one a minute."""
    events = [
        event
        for event in table(home, "ops.run_events")
        if event["event"] == "committed" and event["dataset"] != SENSORS
    ]
    by_job = {(event["job"], event["dataset"]): event for event in events}
    assert len(by_job) == len(events)
    return by_job


def test_the_demo_tells_a_line_a_step_and_where_to_look(demo, home):
    lines = demo.ended.out.splitlines()

    for step in STEPS:
        assert any(line.startswith(step.name) for line in lines), f"no line about {step.name} in:\n{demo.ended.out}"
    assert str(home / "reports" / "demo.html") in demo.ended.out
    assert demo.ended.out.splitlines()[-1].endswith(f"tidemill dashboard --home {home}")


def test_each_sensor_out_of_order_opens_the_alert_that_is_meant_for_it(demo, home, table):
    opened = [event for event in table(home, "ops.alert_events") if event["event"] == "opened"]

    found = {(event["sensor"], event["rule"], event["event_at"]) for event in opened}
    assert found >= {(fault.sensor, fault.rule, fault.began) for fault in FAULTS}
    # In the three weeks before, the real weather itself changed faster than the rules allow, twice.
    live = {event["sensor"] for event in opened if event["event_at"] >= LIVE_FROM}
    assert live == {fault.sensor for fault in FAULTS}
    for fault in FAULTS:
        assert re.search(rf"ALERT .* {fault.sensor}  {fault.rule}, [0-9.]+ s after", demo.ended.out), demo.ended.out


def test_every_reading_of_the_live_sensors_is_in_silver_once_and_in_a_window_of_its_hour(home, table):
    sent = count([message for part in messages() for message in part])
    readings = table(home, f"silver.{SENSORS}")

    assert len({(row["station"], row["sensor"], row["at"]) for row in readings}) == len(readings) == sent
    windows = opened_table(load_config(home=str(home)), f"gold.{SENSORS}_1_hour").rows(["sensor", "window_start"])
    assert len(windows) == sent


def test_the_live_minute_of_a_home_that_has_had_it_brings_duplicates_alone_and_leaves_the_alerts(home, table):
    before = {name: table(home, name) for name in (f"silver.{SENSORS}", "ops.alert_events")}
    said = []

    run_live(load_config(home=str(home)), home / "logs", said.append)

    assert any(re.search(r"900 of them are duplicates, 0 new", line) for line in said), said
    assert {name: table(home, name) for name in before} == before


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_quarantine_holds_exactly_the_injected_faults_check_by_check(home, injected, table, dataset):
    refused = table(home, f"quarantine.{dataset}")

    found = Counter(failure["check"] for row in refused for failure in row["_failures"])
    assert found == Counter(injected[dataset]["checks"])
    assert all(len(row["_failures"]) == 1 for row in refused)


@pytest.mark.parametrize("dataset", DATASETS)
def test_silver_quarantine_and_duplicates_of_the_first_load_are_the_rows_delivered(
    home, injected, committed, table, dataset
):
    job = "stream" if dataset == "weather_readings" else "ingest"
    run, given = committed[job, dataset], injected[dataset]
    rows = {layer: len(table(home, f"{layer}.{dataset}")) for layer in ("bronze", "silver", "quarantine")}

    assert run["rows_read"] == rows["bronze"] == given["rows_delivered"]
    assert run["rows_duplicate"] == given["duplicates"]
    assert (run["rows_accepted"], run["rows_quarantined"]) == (rows["silver"], rows["quarantine"])
    assert rows["silver"] + rows["quarantine"] + run["rows_duplicate"] == given["rows_delivered"]


def test_the_books_of_every_run_balance(committed):
    ends = ("accepted", "quarantined", "duplicate", "unchanged", "stale")

    assert len(committed) == len(STEPS)
    for run in committed.values():
        assert run["rows_read"] == sum(run[f"rows_{end}"] for end in ends) > 0


def test_the_page_is_one_file_that_loads_nothing_and_names_the_figures(home):
    page = (home / "reports" / "demo.html").read_text(encoding="utf-8")

    loaded, linked = addresses_of(page)
    assert loaded == []
    assert len(linked) == 3 and all((home / "reports" / each).exists() for each in linked)
    for figure in ("ROC AUC", "accuracy", "precision", "recall", "F1", "RMSE", "MAE", "R²", "injected", "duplicates"):
        assert figure in page


def addresses_of(page: str) -> tuple[list[str], list[str]]:
    """What a browser would fetch to show the page, in its elements or its styles; and what a person may go on to."""
    loaded: list[str] = []
    linked: list[str] = []

    class Elements(HTMLParser):
        def handle_starttag(self, tag, attributes):
            for name, value in attributes:
                if name in FETCHED and value and not value.startswith(("#", "data:")):
                    if tag == "a":
                        linked.append(value)
                    else:
                        loaded.append(f"{tag} {name}={value}")

        def handle_data(self, data):
            if self.lasttag == "style":
                loaded.extend(re.findall(r"@import[^;]*|url\((?!['\"]?(?:data:|#))[^)]*\)", data))

    Elements().feed(page)
    return loaded, linked


def test_the_churn_model_is_as_good_on_unseen_customers_as_honest_training_can_make_it(home, table):
    from sklearn.metrics import roc_auc_score

    unseen = [row for row in table(home, "gold.churn_predictions") if row["split"] == "holdout"]

    # The best honest figure published for these data is .852; above .90 the model has seen the answers.
    area = roc_auc_score([row["churn"] for row in unseen], [row["probability"] for row in unseen])
    assert len(unseen) == pytest.approx(0.2 * len(table(home, "silver.telco_customers")), abs=1)
    assert 0.80 < area < 0.88


def test_the_digits_classifier_tells_pictures_right_that_it_has_not_seen(home, table):
    unseen = [row for row in table(home, "gold.images_predictions") if row["split"] == "test"]

    right = sum(row["label"] == row["prediction"] for row in unseen)
    assert len(unseen) > 200
    assert right / len(unseen) > 0.96


def test_the_housing_model_explains_the_prices_of_unseen_houses(home, table):
    from sklearn.metrics import r2_score

    unseen = [row for row in table(home, "gold.housing_predictions") if row["split"] == "holdout"]

    assert len(unseen) == pytest.approx(0.2 * len(table(home, "silver.ames_sales")), abs=1)
    # Of the logarithm, which the model is chosen by: in dollars a few huge houses outweigh the others.
    explained = r2_score([log(row["price"]) for row in unseen], [log(row["prediction"]) for row in unseen])
    assert 0.85 < explained < 0.97


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ingest", ("--dataset", "telco_customers")),
        ("stream", ("--dataset", "weather_readings", "--once")),
        ("build_gold", ("--table", "weather_daily")),
    ],
)
def test_a_job_of_the_demo_that_is_run_again_changes_nothing(home, job_at, table, name, arguments):
    before = table(home, "ops.run_events")

    again = job_at(home)(name, *arguments)

    assert again.status == 0, again.err
    assert again.result["runs"] == []
    assert table(home, "ops.run_events") == before
