"""The sensors by state, fifty a page, found by name."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from dash import dcc, html
from dash.development.base_component import Component

from tidemill.contract import Contract
from tidemill.dashboard.board import Board
from tidemill.dashboard.parts import (
    Cell,
    Page,
    Part,
    Query,
    Tone,
    address,
    badge,
    choices,
    labelled,
    note,
    sparkline,
    table,
)
from tidemill.dashboard.sensors import DAYS, STATES, Sensor, matching, sensors
from tidemill.dashboard.windows import trends
from tidemill.dashboard.words import ago, clock, count, number

EACH = 50
TONES: dict[str, Tone] = {"alerting": "bad", "silent": "warn", "late": "warn", "ok": "good"}
COLUMNS = ("sensor", "state", "last value", "last seen", "24 hours", "why")


def sensors_page(board: Board, query: Query) -> Page:
    """Links that filter, and the list."""
    contracts = board.sensor_datasets()
    if not contracts:
        told = "No dataset has sensors yet: a contract has them where it says `mode: stream` and `stream:`."
        return Page("Sensors", [Part("sensors-list", note(told))])
    chosen = query.get("dataset", [contract.name for contract in contracts])
    state = query.get("state", STATES)
    among = [one for one in contracts if chosen is None or one.name == chosen]
    listed = [sensor for contract in among for sensor in sensors(board, contract)]
    found = sorted(matching(listed, state, query.search), key=lambda sensor: (STATES.index(sensor.state), sensor.name))
    shown = _list(board, among, query, found, bool(listed))
    filters = _filters(contracts, chosen, state, listed)
    return Page("Sensors", [Part("sensors-filters", filters), Part("sensors-list", shown)], searches=True)


def _filters(
    contracts: Sequence[Contract], chosen: str | None, state: str | None, listed: Sequence[Sensor]
) -> list[Component]:
    many = Counter(sensor.state for sensor in listed)
    by_state = [(f"all {len(listed):,}", address("/sensors", dataset=chosen), state is None)]
    by_state += [
        (f"{one} {many[one]:,}", address("/sensors", dataset=chosen, state=one), state == one) for one in STATES
    ]
    filters = [choices("State", by_state)]
    if len(contracts) > 1:
        names = [("all datasets", address("/sensors", state=state), chosen is None)]
        names += [
            (one.name, address("/sensors", dataset=one.name, state=state), one.name == chosen) for one in contracts
        ]
        filters.insert(0, choices("Dataset", names))
    return filters


def _list(
    board: Board, among: Sequence[Contract], query: Query, found: Sequence[Sensor], any_known: bool
) -> list[Component]:
    if not any_known:
        told = (
            f"No sensor was heard of in the last {DAYS} days. Start the stream: "
            f"spark-submit jobs/stream.py --dataset {among[0].name}"
        )
        return [note(told)]
    if not found:
        return [note("No sensor is like that. Search for less, or choose another state.")]
    pages = -(-len(found) // EACH)
    asked = query.values.get("page", "1")
    place = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 6 else 1
    part = found[(place - 1) * EACH : place * EACH]
    drawn: dict[tuple[str, str], Component | None] = {}
    for contract in among:
        names = [sensor.name for sensor in part if sensor.dataset == contract.name]
        lines = trends(board.tables, contract, names, board.live(contract).ends(board.now()))
        drawn |= {(contract.name, name): sparkline(line) for name, line in lines.items()}
    now = board.now()
    rows = [_row(sensor, drawn.get((sensor.dataset, sensor.name)), len(among) > 1, now) for sensor in part]
    return [table(COLUMNS, rows, "Sensors", dense=True), _pages(query, len(found), place, pages)]


def _row(sensor: Sensor, drawn: Component | None, named: bool, now: datetime) -> list[Cell | str | None]:
    where = address("/sensor", dataset=sensor.dataset, sensor=sensor.name)
    name: list[Component | str] = [dcc.Link(sensor.name, href=where, className="sensor")]
    if named:
        name += [" ", html.Span(sensor.dataset, className="soft")]
    return [
        Cell(name),
        Cell(badge(sensor.state, TONES[sensor.state])),
        Cell(number(sensor.value, sensor.unit), number=True),
        Cell(ago(sensor.seen, now), hint=f"{clock(sensor.seen)} UTC"),
        Cell(drawn if drawn is not None else ""),
        Cell(html.Span(sensor.reason, className="why")),
    ]


def _pages(query: Query, many: int, place: int, pages: int) -> Component:
    def at(page: int) -> str:
        return address("/sensors", **{**query.values, "page": page})

    told = f"{count(many, 'sensor')}, page {place} of {pages}"
    links = [
        dcc.Link(text, href=at(page), className="choice")
        for text, page, there in (("previous", place - 1, place > 1), ("next", place + 1, place < pages))
        if there
    ]
    return html.Nav([html.Span(told, className="soft"), *links], className="choices", **labelled("Pages"))
