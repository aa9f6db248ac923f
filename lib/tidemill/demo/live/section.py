"""The section on the live minute: what was sent, what arrived, the alerts, and the sensors they are about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tidemill.alerts import CurrentAlert
from tidemill.config import Config
from tidemill.demo.live.arrivals import BRONZE, DAILY, HOURLY, SILVER, Arrivals
from tidemill.demo.live.record import LiveRecord
from tidemill.demo.live.sensors import FAULTS, LIVE_FROM, LIVE_HOURS, SPEED, SensorFault
from tidemill.reports import Block, KeyFigure, KeyFigures, Note, Plot, Plots, Section, Table, figures

SHOWN_BEFORE = timedelta(hours=24)
DASHBOARD = "http://127.0.0.1:8050"
UNITS = {"temp": "temperature, °F", "humid": "humidity, %"}


def live_section(config: Config, record: LiveRecord, dashboard: str) -> Section:
    """Tell of a live minute.

    Args:
        config: where the lake is.
        record: of it.
        dashboard: the command that shows more.

    Raises:
        TableNotReadable: the lake refused.
    """
    arrivals = Arrivals(config)
    alerts = arrivals.alerts()
    told = [(fault, alert) for fault in FAULTS if (alert := _of(fault, alerts))]
    blocks: list[Block] = [
        KeyFigures(_figures(record, arrivals, len(told))),
        Note(_sent(record)),
        _verdict(told),
        Plots([_picture(arrivals, fault, alert) for fault, alert in told]),
        _alert_table(record, alerts),
        Table(["sensors, alerts and streams in a browser", "as long as this runs"], [[DASHBOARD, dashboard]]),
    ]
    return Section("Live sensors", blocks)


def _figures(record: LiveRecord, arrivals: Arrivals, told: int) -> list[KeyFigure]:
    rows = {name: arrivals.rows(name) for name in (BRONZE, SILVER, HOURLY, DAILY)}
    repeated = rows[BRONZE] - rows[SILVER]
    return [
        KeyFigure(f"{record.history + record.live:,}", f"readings sent, {record.live:,} of them live"),
        KeyFigure(f"{rows[SILVER]:,}", f"in silver; duplicates besides: {repeated:,}" if repeated else "in silver"),
        KeyFigure(f"{rows[HOURLY]:,} + {rows[DAILY]:,}", "windows of an hour and of a day"),
        KeyFigure(f"{told} of {len(FAULTS)}", "injected faults found", "good" if told == len(FAULTS) else "bad"),
    ]


def _sent(record: LiveRecord) -> str:
    text = (
        f"Three weeks of the weather at New York's airports, {record.history:,} readings, were sent at once over MQTT. "
        f"The {LIVE_HOURS} hours from {LIVE_FROM:%-d %B %Y} followed at {SPEED:,} times real time, {record.live:,} "
        f"readings in {record.seconds:.0f} s, through a broker in the demo's own process, tidemill bridge and "
        "jobs/stream.py. "
    )
    if record.sent_again:
        text += f"At {record.sent_again:%Y-%m-%d %H:%M} UTC the live ones were sent again, and taken as duplicates. "
    return text + "Alerts are judged by the time of the readings; the delay is of this machine's clock."


def _verdict(told: Sequence[tuple[SensorFault, CurrentAlert]]) -> Note:
    found = {fault for fault, _ in told}
    missed = [f"{fault.sensor} ({fault.words})" for fault in FAULTS if fault not in found]
    if missed:
        return Note(f"No alert tells of {'; '.join(missed)}.", "bad")
    words = "; ".join(f"{fault.sensor} ({fault.words}) by rule {fault.rule}" for fault in FAULTS)
    return Note(f"Each injected fault opened its alert: {words}.", "good")


def _picture(arrivals: Arrivals, fault: SensorFault, alert: CurrentAlert) -> Plot:
    values = arrivals.readings(fault, LIVE_FROM - SHOWN_BEFORE)
    wrong = [at for at in values if fault.began <= at < fault.until]
    shown = [at for at in wrong if at == fault.shown_at]
    figure = figures.lines({fault.sensor: _points(values, list(values))}, UNITS.get(fault.quantity, fault.quantity))
    figures.mark(figure, {"injected": _points(values, wrong), "alert": _points(values, shown)})
    said = alert.text.removeprefix(f"{alert.sensor}: ")
    caption = f"{fault.sensor}: {fault.words}. The alert of rule {alert.rule} says: {said}."
    return Plot(figure, caption)


def _points(values: dict[datetime, float], times: Sequence[datetime]) -> tuple[Sequence[str], Sequence[float]]:
    return [f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" for at in times], [values[at] for at in times]


def _alert_table(record: LiveRecord, alerts: Sequence[CurrentAlert]) -> Table:
    injected = {(fault.sensor, fault.rule, fault.began) for fault in FAULTS}
    rows = []
    for alert in alerts:
        seen = record.seen.get(alert.alert_id)
        given = "yes" if (alert.sensor, alert.rule, alert.began_at) in injected else ""
        if not given and any(
            alert.sensor == fault.sensor and fault.began <= alert.began_at < fault.until for fault in FAULTS
        ):
            given = "same fault"
        times = [f"{seen.published_at:%H:%M:%S}", f"{seen.seen_at:%H:%M:%S}", f"{seen.delay:.1f}"] if seen else [""] * 3
        rows.append([alert.sensor, alert.rule, alert.severity, given, f"{alert.began_at:%Y-%m-%d %H:%M}", *times])
    columns = [
        "sensor",
        "rule",
        "severity",
        "injected",
        "began, by its readings",
        "reading sent",
        "alert there",
        "delay, s",
    ]
    day = f"{record.began_at:%-d %B %Y}"
    return Table(
        columns,
        rows,
        caption=f"The alerts of the live hours. Sent is the reading that shows the fault; both clocks are UTC, {day}.",
    )


def _of(fault: SensorFault, alerts: Sequence[CurrentAlert]) -> CurrentAlert | None:
    wanted = (fault.sensor, fault.rule, fault.began)
    return next((alert for alert in alerts if (alert.sensor, alert.rule, alert.began_at) == wanted), None)
