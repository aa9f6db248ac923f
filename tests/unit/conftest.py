"""A home in which some runs ended in each way, made once, for the tests of what reads it."""

import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from tidemill.config import Config, load_config
from tidemill.contract import Contract, load_contract
from tidemill.errors import RunFailed
from tidemill.ingest import ingest_batch
from tidemill.lake import Lake, Ledger, RecordedRun, Run

CONF = Path(__file__).parents[2] / "conf"
PEOPLE = """
name: people
version: 3
source: {kind: files, path: "${landing}/people"}
columns:
  id:    {type: int, required: true}
  email: {from: mail, type: string, pattern: "^[^@]+@[^@]+$"}
  city:  {type: string, one_of: [Bonn, Kiel, Jena]}
checks:
  - {name: not_too_many, table: "count(*) < 4", on_fail: fail}
key: [id]
write: upsert
personal: {subject: id, columns: [email]}
"""


class Home(NamedTuple):
    """Runs of the dataset people: two committed, the newest one failed; and one of another job, only planned."""

    config: Config
    contract: Contract
    first: RecordedRun
    second: RecordedRun
    failed: Run
    planned: Run


@pytest.fixture(scope="session")
def conf(tmp_path_factory) -> Path:
    """A conf folder with the project's defaults and one contract."""
    folder = tmp_path_factory.mktemp("monitored") / "conf"
    (folder / "datasets").mkdir(parents=True)
    for name in ("base.yaml", "local.yaml"):
        shutil.copy(CONF / name, folder)
    (folder / "datasets" / "people.yaml").write_text(PEOPLE)
    return folder


@pytest.fixture(scope="session")
def ran(spark, conf) -> Home:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEMILL_CONF", str(conf))
        patch.delenv("TIDEMILL_HOME", raising=False)
        config = load_config(home=str(conf.parent / "home"))
    contract = load_contract(config, "people")
    lake, ledger = Lake(spark, config.lake_root), Ledger(Lake(spark, config.lake_root))
    landing = Path(config.landing) / "people"
    landing.mkdir(parents=True)
    (landing / "a.csv").write_text('id,mail,city\n1,ada@x.org,Bonn\nsecret7,bob@x.org,Rome\n3,nomail99,Kiel\n4,"dan\n')
    (first,) = ingest_batch(spark, lake, contract)
    (landing / "b.csv").write_text("id,mail,city\n2,eve@x.org,Rome\n1,ada@x.org,Bonn\n5,fay@x.org,Kiel\n")
    (second,) = ingest_batch(spark, lake, contract)
    (landing / "c.csv").write_text("id,mail,city\n" + "".join(f"{n},a@x.org,Bonn\n" for n in range(10, 15)))
    with pytest.raises(RunFailed):
        ingest_batch(spark, lake, contract)
    failed = ledger.last("ingest", "people")
    planned = ledger.plan("build_gold", "cities", {"inputs": {}}, None)
    return Home(config, contract, first, second, failed, planned)


@pytest.fixture
def at_home(ran, conf, monkeypatch) -> Home:
    """The same home, which the commands of this test work on."""
    monkeypatch.setenv("TIDEMILL_CONF", str(conf))
    monkeypatch.setenv("TIDEMILL_HOME", ran.config.home)
    return ran


class Receiver(HTTPServer):
    """Keeps what is sent to it, and answers with the given statuses in turn, then with 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.statuses: list[int] = []
        self.heard: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/s3cret"

    @property
    def bodies(self) -> list[dict]:
        return [json.loads(body) for _, _, body in self.heard]


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.heard.append((self.command, self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_POST  # noqa: N815

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        serving = Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        yield server
        server.shutdown()
        serving.join()
