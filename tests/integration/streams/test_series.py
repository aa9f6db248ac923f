"""Query C against real time-series stores: VictoriaMetrics, also while it is down, and QuestDB."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from tests.services.questdb import QuestDb
from tests.services.victoria_metrics import VictoriaMetrics
from tests.stream_contracts import site_contract
from tidemill.config import SeriesConfig
from tidemill.streams.series import SeriesPending, SeriesRefused, stream_series

START = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
SILVER = (
    "station string, at timestamp, value double, _warnings array<string>, _source string, _run_id string, "
    "_loaded_at timestamp"
)
CONTRACT = site_contract(unit="fahrenheit", convert={"fahrenheit": "celsius"})
ODD = 'north, 1=a\\b\n%0A "ü"'


class Site:
    def __init__(self, lake, folder):
        self.lake, self.folder = lake, folder

    def put(self, *readings):
        rows = [(station, at, value, [], "t", "r", datetime.now(UTC)) for station, at, value in readings]
        self.lake.append("silver.site", self.lake.spark.createDataFrame(rows, SILVER).coalesce(1), None)

    def send(self, url, once=True, stopping=None, **more):
        config = SeriesConfig(url=url, parameters={"db": "site"})
        checkpoint = str(self.folder / "checkpoint")
        arguments = (self.lake.spark, self.lake, CONTRACT, config, checkpoint, once, stopping or Event())
        stream_series(*arguments, **more)


@pytest.fixture
def site(lake, tmp_path):
    return Site(lake, tmp_path)


@pytest.fixture
def victoria(tmp_path):
    server = VictoriaMetrics(tmp_path / "victoria").start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def questdb(tmp_path_factory):
    server = QuestDb(tmp_path_factory.mktemp("questdb")).start()
    yield server
    server.stop()


def labels(station):
    return frozenset({("station", station), ("unit", "celsius"), ("db", "site")})


def millis(at):
    return round(at.timestamp() * 1000)


def test_readings_are_in_victoria_metrics_in_the_windows_unit_under_names_as_they_are(site, victoria):
    later = START + timedelta(milliseconds=1)
    site.put(("A", START, 212.0), (ODD, START, 32.0), ("A", later, 5e-5), ("A", later, float("nan")), ("", START, 32.0))

    site.send(f"{victoria.url}/write")

    stored = victoria.series("site_value")
    assert stored[labels("A")] == pytest.approx({millis(START): 100.0, millis(later): -17.77775})
    assert stored[labels('north, 1=a%5Cb%0A%250A "ü"')] == pytest.approx({millis(START): 0.0})
    assert stored[frozenset({("unit", "celsius"), ("db", "site")})] == pytest.approx({millis(START): 0.0})


def test_what_a_store_that_is_down_does_not_take_waits_and_is_sent_when_it_is_up(site, victoria):
    site.put(("A", START, 32.0))
    site.send(f"{victoria.url}/api/v2/write")
    victoria.stop()
    site.put(("A", START + timedelta(seconds=1), 50.0))
    with pytest.raises(SeriesPending, match="Nothing is lost"):
        site.send(f"{victoria.url}/api/v2/write", patience=0.1)
    stopping = Event()
    running = Thread(target=site.send, args=(f"{victoria.url}/api/v2/write", False, stopping))
    running.start()

    victoria.start()
    _in_store(victoria, {millis(START): 0.0, millis(START + timedelta(seconds=1)): 10.0})
    stopping.set()
    running.join(60)
    assert not running.is_alive()


@retry(retry=retry_if_exception_type((AssertionError, KeyError)), wait=wait_fixed(0.2), stop=stop_after_delay(60))
def _in_store(victoria, expected):
    assert victoria.series("site_value")[labels("A")] == pytest.approx(expected)


def test_questdb_takes_lines_again_without_a_second_row(site, questdb):
    questdb.query(
        "create table site (station symbol, unit symbol, value double, timestamp timestamp) "
        "timestamp(timestamp) partition by day wal dedup upsert keys(timestamp, station)"
    )
    readings = [("A", START + timedelta(microseconds=n), 32.0 + n) for n in range(7000)]
    site.put(*readings, (ODD, START, 32.0))
    site.send(f"{questdb.url}/write")
    (site.folder / "checkpoint").rename(site.folder / "lost")
    site.send(f"{questdb.url}/write")

    _counted(questdb, 7001)
    found = questdb.query("select timestamp, value from site where station = 'A' order by timestamp limit -1")
    assert found == [["2024-03-01T22:00:00.006999Z", pytest.approx(6999 / 1.8)]]


@retry(retry=retry_if_exception_type(AssertionError), wait=wait_fixed(0.2), stop=stop_after_delay(60))
def _counted(questdb, rows):
    assert questdb.query("select count() from site") == [[rows]]


def test_a_store_that_refuses_is_told_at_once(site, questdb):
    site.put(("A", START, 32.0))

    with pytest.raises(SeriesRefused, match="status 405: Method POST not supported"):
        site.send(f"{questdb.url}/nowhere")


def test_without_a_store_nothing_is_done(site):
    site.send(None)
    assert not (site.folder / "checkpoint").exists()
