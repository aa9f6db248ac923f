"""What the streams do: throughput, lag, delay and lateness over time, a query each."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dash.development.base_component import Component

from tidemill.dashboard import figures
from tidemill.dashboard.board import Board
from tidemill.dashboard.pages.overview import BEHIND
from tidemill.dashboard.parts import Cell, Graph, Page, Part, Query, address, choices, note, table
from tidemill.dashboard.progress import MOST_POINTS, Point, Series, progress
from tidemill.dashboard.words import NOTHING, ago, clock, delay, unit_of_time

RANGES = {
    "1h": ("1 h", timedelta(hours=1)),
    "6h": ("6 h", timedelta(hours=6)),
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
    "30d": ("30 d", timedelta(days=30)),
}
# A query that told nothing for so long has stopped; it tells something every minute.
STOPPED = timedelta(minutes=3)


def streams_page(board: Board, query: Query) -> Page:
    """A line a query, and four graphs."""
    now = board.now()
    chosen = query.get("range", RANGES, "1h") or "1h"
    span = RANGES[chosen][1]
    series = progress(board.tables, now, span)
    ranges = [(text, address("/streams", range=key), key == chosen) for key, (text, _) in RANGES.items()]
    head = [
        Part("streams-ranges", choices("Range", ranges)),
        Part("streams-queries", _queries(board, series, now)),
    ]
    if not series:
        return Page("Streams", head)
    return Page("Streams", [*head, _graphs(series, now, span, address("/streams", range=chosen))])


def _graphs(series: Series, now: datetime, span: timedelta, keep: str) -> list[Graph]:
    gap = max(timedelta(minutes=3), 3 * span / MOST_POINTS)
    delays = [point.delay_p95 or 0.0 for points in series.values() for point in points]
    unit, seconds = unit_of_time(max(delays, default=0.0))  # readings of the past, sent again, have delays of years

    def graph(name: str, value: Callable[[Point], float | None], title: str, caption: str) -> Graph:
        drawn = {
            " ".join(key): ([point.at for point in points], [value(point) for point in points])
            for key, points in series.items()
        }
        return Graph(f"streams-{name}", figures.lines(drawn, title, (now - span, now), keep, gap), caption)

    def delayed(point: Point) -> float | None:
        return None if point.delay_p95 is None else point.delay_p95 / seconds

    def late(point: Point) -> float:
        return 100 * point.late / point.rows if point.rows else 0.0

    def refused(point: Point) -> float:
        return 100 * point.quarantined / point.rows if point.rows else 0.0

    return [
        graph("rate", lambda point: point.rate, "rows a second", "Throughput."),
        graph("delay", delayed, unit, "Delay from a reading to its commit, 95 of 100."),
        graph("lag", lambda point: point.lag, "rows", "Rows that wait in the source."),
        graph("late", late, "% of rows", "Late readings."),
        graph("refused", refused, "% of rows", "Quarantined readings."),
        graph(
            "capacity", lambda point: point.capacity, "rows a second", "What a query does while it works: its reserve."
        ),
    ]


def _queries(board: Board, series: Series, now: datetime) -> Component:
    if not series:
        streams = [contract.name for contract in board.contracts()[0] if contract.mode == "stream"]
        if board.tables.version("ops.stream_progress") is not None:
            return note(
                "No stream told anything in this range. Choose a longer one, or start the stream again.", "warn"
            )
        name = next((one.name for one in board.sensor_datasets()), streams[0] if streams else "NAME")
        return note(f"No stream has run yet: spark-submit jobs/stream.py --dataset {name}")
    columns = (
        "dataset",
        "query",
        "last told",
        "rows a second",
        "waiting rows",
        "median delay",
        "delay, 95 of 100",
        "late",
        "quarantined",
    )
    return table(columns, [_row(key, points, now) for key, points in series.items()], "Queries")


def _row(key: tuple[str, str], points: Sequence[Point], now: datetime) -> list[Cell | str | None]:
    newest = points[-1]
    stopped = now - newest.at > STOPPED
    behind = newest.delay_p95 is not None and newest.delay_p95 > BEHIND
    late, refused = sum(point.late for point in points), sum(point.quarantined for point in points)
    return [
        key[0],
        key[1],
        Cell(ago(newest.at, now), "bad" if stopped else "plain", clock(newest.at)),
        Cell("0" if stopped else f"{newest.rate:,.1f}", "bad" if stopped else "plain", number=True),
        Cell(NOTHING if newest.lag is None else f"{newest.lag:,}", number=True),
        Cell(delay(newest.delay_p50), number=True),
        Cell(delay(newest.delay_p95), "warn" if behind else "plain", number=True),
        Cell(f"{late:,}", "warn" if late else "plain", number=True),
        Cell(f"{refused:,}", "warn" if refused else "plain", number=True),
    ]
