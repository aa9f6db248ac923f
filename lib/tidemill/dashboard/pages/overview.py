"""The first page: what is wrong now, and how every dataset does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dash import dcc, html
from dash.development.base_component import Component

from tidemill.alerts import CurrentAlert
from tidemill.dashboard import figures
from tidemill.dashboard.board import Board
from tidemill.dashboard.datasets import HOUR, DatasetLine, dataset_lines, table_sizes
from tidemill.dashboard.pages.alerts import alert_lines
from tidemill.dashboard.parts import (
    Cell,
    Graph,
    Page,
    Part,
    Query,
    Tone,
    address,
    badge,
    heading,
    key_figures,
    note,
    table,
)
from tidemill.dashboard.progress import Series, progress
from tidemill.dashboard.sensors import Sensor, sensors
from tidemill.dashboard.words import NOTHING, ago, clock, count, delay, number, size

# What is behind by more seconds than this is marked; the stream's own goal is 2.
BEHIND = 10.0
SHOWN = 5
RUN_TONES: dict[str, Tone] = {"committed": "plain", "failed": "bad", "unfinished": "warn"}
COLUMNS = (
    *("dataset", "newest run", "records a second", "read", "accepted", "quarantined", "late"),
    *("newest data", "open alerts"),
)


def overview_page(board: Board, query: Query) -> Page:
    """What is wrong, the datasets, what the streams do, the tables."""
    now = board.now()
    lines = dataset_lines(board)
    open_alerts = [alert for alert in board.alerts() if alert.is_open]
    all_sensors = [sensor for contract in board.sensor_datasets() for sensor in sensors(board, contract)]
    hour = progress(board.tables, now, HOUR)
    blocks: list[Part | Graph | Sequence[Graph]] = [
        Part("overview-state", _state(lines, open_alerts, all_sensors, hour)),
        Part("overview-wrong", _wrong(board, lines, open_alerts, now)),
        Part("overview-datasets", [heading("Datasets"), _datasets(lines, now)]),
    ]
    readings = {key: points for key, points in hour.items() if key[1] == "readings"}
    if readings:
        rates = {
            dataset: ([point.at for point in points], [point.rate for point in points])
            for (dataset, _), points in readings.items()
        }
        figure = figures.lines(rates, "readings a second", (now - HOUR, now), "/", timedelta(minutes=3))
        blocks.append(Graph("overview-rate", figure, "What the streams took in, in the last hour.", 220))
    blocks.append(Part("overview-tables", [heading("Tables"), _tables(board, now)]))
    return Page("Overview", blocks)


def _state(
    lines: Sequence[DatasetLine], alerts: Sequence[CurrentAlert], all_sensors: Sequence[Sensor], hour: Series
) -> Component:
    critical = sum(alert.severity == "critical" for alert in alerts)
    unseen = sum(alert.acknowledged_at is None for alert in alerts)
    silent = sum(sensor.state == "silent" for sensor in all_sensors)
    failed = sum(line.run is not None and line.run.state == "failed" for line in lines)
    tone: Tone = "bad" if critical else "warn" if alerts else "good"
    told = f"open alerts, {unseen} not acknowledged" if alerts else "open alerts"
    shown: list[tuple[str, str, Tone, str | None]] = [(str(len(alerts)), told, tone, "/alerts")]
    if all_sensors:
        where = address("/sensors", state="silent") if silent else "/sensors"
        of_all = f"of {count(len(all_sensors), 'sensor')} silent"
        shown.append((str(silent), of_all, "warn" if silent else "good", where))
    delays = [points[-1].delay_p95 for points in hour.values() if points and points[-1].delay_p95 is not None]
    if delays:
        worst = max(delays)
        shown.append((delay(worst), "delay, 95 of 100 readings", "warn" if worst > BEHIND else "good", "/streams"))
    shown.append((str(failed), "datasets whose newest run failed", "bad" if failed else "good", "/runs"))
    return key_figures(shown)


def _wrong(board: Board, lines: Sequence[DatasetLine], alerts: Sequence[CurrentAlert], now: datetime) -> Component:
    wrong: list[Component] = []
    if alerts:
        wrong.append(alert_lines(alerts[:SHOWN], now))
        if len(alerts) > SHOWN:
            wrong.append(note(dcc.Link(f"All {len(alerts)} open alerts", href="/alerts")))
    wrong += [note([badge(alert.dataset, "bad"), " ", alert.text], "bad") for line in lines for alert in line.due]
    wrong += [note(str(error), "bad") for error in board.contracts()[1]]
    if not wrong:
        wrong = [note("Nothing is wrong: no alert is open and no dataset's newest run failed.", "good")]
    return html.Div([heading("What is wrong now"), *wrong])


def _datasets(lines: Sequence[DatasetLine], now: datetime) -> Component:
    if not lines:
        return note(
            "There are no contracts yet: write one, conf/datasets/NAME.yaml, and check it by tidemill check-config."
        )
    stream = "Streams: the last hour. Batch: the last committed run."
    return html.Div([table(COLUMNS, [_row(line, now) for line in lines], "Datasets"), html.P(stream, className="soft")])


def _row(line: DatasetLine, now: datetime) -> list[Cell | str | None]:
    name = line.contract.name
    where = address("/sensors", dataset=name) if line.contract.stream else address("/runs", dataset=name)
    numbers = [Cell(NOTHING if many is None else f"{many:,}", number=True) for many in (line.read, line.accepted)]
    marked = [
        Cell(NOTHING if many is None else f"{many:,}", "warn" if many else "plain", number=True)
        for many in (line.quarantined, line.late)
    ]
    stale = any(alert.kind == "source_stale" for alert in line.due)
    return [
        Cell([dcc.Link(name, href=where), " ", badge(line.contract.mode)]),
        _run(line, now),
        Cell(
            NOTHING if line.rate is None else f"{line.rate:,.0f}" if line.rate >= 10 else f"{line.rate:.2g}",
            number=True,
        ),
        *numbers,
        *marked,
        Cell(ago(line.fresh, now), "bad" if stale else "plain", clock(line.fresh)),
        Cell(str(line.open_alerts), "bad" if line.open_alerts else "plain", number=True),
    ]


def _run(line: DatasetLine, now: datetime) -> Cell:
    if line.run is None:
        job = "stream.py" if line.contract.mode == "stream" else "ingest.py"
        return Cell("none yet", hint=f"spark-submit jobs/{job} --dataset {line.contract.name}")
    when = line.run.ended_at or line.run.started_at
    state = badge(line.run.state, RUN_TONES[line.run.state]) if line.run.state != "committed" else line.run.state
    return Cell([state, f" {ago(when, now)}"], hint=clock(when))


def _tables(board: Board, now: datetime) -> Component:
    sizes, wrong = table_sizes(board)
    if not sizes and not wrong:
        return note(
            f"There is no table in {board.config.lake_root} yet: run a job, as in "
            "spark-submit jobs/ingest.py --dataset NAME"
        )
    rows: list[list[Cell | str | None]] = [
        [
            one.name,
            Cell(f"{one.files:,}", number=True),
            Cell(NOTHING if one.rows is None else f"{one.rows:,}", number=True),
            Cell(size(one.bytes), number=True),
            Cell(number(one.version), number=True),
            Cell(ago(one.written_at, now), hint=clock(one.written_at)),
        ]
        for one in sizes
    ]
    names = ("table", "files", "rows", "size", "version", "newest file")
    return html.Div([table(names, rows, "Tables"), *(note(str(error), "bad") for error in wrong)])
