"""The demo's page: where the rows went, why some were refused, how good the models are, what the sensors did."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tidemill.config import Config
from tidemill.demo.deliveries import Injected, read_injected
from tidemill.demo.image_section import PREDICTIONS, digits_section
from tidemill.demo.landing import deliver, local_folder
from tidemill.demo.live import live_section, read_record
from tidemill.demo.model_sections import churn_section, housing_section
from tidemill.demo.whereabouts import Whereabouts, count_rows, read_table, whereabouts
from tidemill.reports import Block, KeyFigure, KeyFigures, Note, Plot, Section, Table, Tone, figures, page

GOLD = (
    *("gold.customer_features", "gold.house_features", "gold.weather_daily"),
    *("gold.churn_predictions", "gold.housing_predictions", PREDICTIONS),
)
BOOKS = ("read", "accepted", "quarantined", "duplicate", "unchanged", "stale")


def write_page(config: Config, dashboard: str) -> tuple[Path, list[str]]:
    """Write reports/demo.html from the newest versions of the tables and the models' records.

    Args:
        config: where the lake, the landing folder, MLflow's store and the reports are.
        dashboard: the command that shows the sensors in a browser.

    Returns:
        The page's path, and where tables and injected numbers disagree (nothing, when all is well).

    Raises:
        HomeNotLocal: the home is no folder of this machine.
        DeliveriesMissing: there is no injected.json.
        TableMissing: a table was never written.
    """
    lake_root, landing = local_folder(config.lake_root), local_folder(config.landing)
    injected = read_injected(landing)
    places = whereabouts(lake_root, injected)
    churn, churn_figure = churn_section(config, lake_root)
    housing, housing_figure = housing_section(config, lake_root)
    told, digits_figure = digits_section(lake_root)
    differences = [difference for place in places for difference in place.differences]
    record = read_record(config)
    sections = [
        Section("In short", _short(places, differences, [churn_figure, housing_figure, digits_figure])),
        Section("Rows by layer", _layers(lake_root, places)),
        Section("Why rows were quarantined", _reasons(injected, places, differences)),
        churn,
        housing,
        told,
        Section("Weather by day", _weather(lake_root)),
        *([live_section(config, record, dashboard)] if record else []),
        Section("The books of each run", _books(lake_root)),
    ]
    text = page(
        "The tidemill demo",
        sections,
        subtitle="Four real data sets, one of them pictures, damaged on purpose, brought from files through bronze and "
        "silver, three of them to gold tables; three models trained, validated and scored on what came out; and a "
        "minute of live sensors.",
    )
    path = local_folder(config.reports) / "demo.html"
    deliver(path, text.encode())
    return path, differences


def _short(places: Sequence[Whereabouts], differences: Sequence[str], scores: Sequence[KeyFigure]) -> list[Block]:
    quarantined = sum(place.quarantined for place in places)
    given = sum(sum(place.injected.checks.values()) for place in places)
    tone: Tone = "bad" if differences else "good"
    numbers = [
        KeyFigure(f"{sum(place.bronze for place in places):,}", "records delivered"),
        KeyFigure(f"{sum(place.silver for place in places):,}", "rows in silver"),
        KeyFigure(f"{quarantined:,}", f"quarantined; {given:,} injected", tone),
        *scores,
    ]
    return [KeyFigures(numbers)]


def _layers(lake_root: Path, places: Sequence[Whereabouts]) -> list[Block]:
    split = {
        "silver": {place.dataset: float(place.silver) for place in places},
        "quarantine": {place.dataset: float(place.quarantined) for place in places},
        "duplicates": {place.dataset: float(place.duplicates) for place in places},
    }
    rows = [
        [
            *(place.dataset, place.injected.rows_delivered, place.bronze, place.silver),
            *(place.quarantined, place.duplicates, place.injected.duplicates),
        ]
        for place in places
    ]
    columns = ["data set", "delivered", "bronze", "silver", "quarantine", "duplicates", "duplicates injected"]
    gold = [[name, count_rows(lake_root, name)] for name in GOLD]
    return [
        Plot(figures.stacked_bars(split, "records"), "Where the records of each data set ended: none is lost."),
        Table(columns, rows, caption="Bronze keeps every record; silver, quarantine and duplicates add up to it."),
        Table(["gold table", "rows"], gold),
    ]


def _reasons(injected: Injected, places: Sequence[Whereabouts], differences: Sequence[str]) -> list[Block]:
    rows = []
    for place in places:
        for check in sorted(place.injected.checks | place.reasons):
            given, found = place.injected.checks.get(check, 0), place.reasons[check]
            rows.append([place.dataset, check, given, found, "equal" if given == found else "different"])
    bars = {
        place.dataset: {_label(check, place): float(count) for check, count in sorted(place.reasons.items())}
        for place in places
    }
    ticks = {_label(check, place): float(count) for place in places for check, count in place.injected.checks.items()}
    verdict = (
        Note("Not equal. " + "; ".join(differences) + ".", "bad")
        if differences
        else Note(f"Equal: each of {len(rows)} checks caught exactly the rows that were damaged for it.", "good")
    )
    return [
        Note(
            f"The deliveries were damaged with seed {injected.seed}: {injected.fault_rate:.0%} of the rows broken in "
            f"one way each, {injected.duplicate_rate:.0%} of the good ones sent twice. The rest is as the real data "
            "are; where a real row looks odd, a check that only warns has marked it, and it went on."
        ),
        verdict,
        Plot(figures.bars(bars, "rows", ticks, "injected"), "Rows in quarantine by the check that refused them."),
        Table(["data set", "check", "injected", "quarantined", ""], rows, summary=f"All {len(rows)} checks in numbers"),
        Table(
            ["data set", "check that warns", "real rows marked"],
            [[place.dataset, check, count] for place in places for check, count in sorted(place.marked.items())],
        ),
    ]


def _label(check: str, place: Whereabouts) -> str:
    # A check such as record.parse is one of several data sets; a bar needs a label of its own.
    return f"{place.dataset.split('_')[0]} {check}"


def _weather(lake_root: Path) -> list[Block]:
    daily = read_table(lake_root, "gold.weather_daily", ["origin", "day", "temperature_mean_f"]).sort_values("day")
    by_station = {
        str(origin): ([day.isoformat() for day in rows["day"]], rows["temperature_mean_f"].round(1).tolist())
        for origin, rows in daily.groupby("origin")
    }
    return [
        Plot(
            figures.lines(by_station, "mean temperature, °F"),
            "Daily mean temperature at New York's three airports, 2013, from gold.weather_daily. "
            "A day is the stations' own, from midnight to midnight in New York.",
        )
    ]


def _books(lake_root: Path) -> list[Block]:
    events = read_table(lake_root, "ops.run_events")
    runs = events[events["event"] == "committed"].sort_values("at")
    counts = [f"rows_{name}" for name in BOOKS]
    rows = [
        [run["job"], run["dataset"], run["at"].to_pydatetime(), *(_whole(run[count]) for count in counts)]
        for _, run in runs.iterrows()
    ]
    return [
        Note("Read is the sum of all that follow it. Times are UTC; a run that had nothing to do leaves none."),
        Table(["job", "about", "committed", *BOOKS], rows),
    ]


def _whole(count: float | None) -> int | None:
    return None if pd.isna(count) else int(count)
