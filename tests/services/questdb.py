"""A real QuestDB on this machine, fetched the first time: its HTTP interface on a free port."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from tests.services.postgres import free_port

SETUP = Path(__file__).parents[2] / "deploy" / "setup" / "questdb.sh"


class QuestDb:
    """A server with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"

    def start(self) -> "QuestDb":
        jar = subprocess.run(
            [str(SETUP)], check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "TIDEMILL_VENV": sys.prefix}
        ).stdout.strip()
        java = f"{os.environ['JAVA_HOME']}/bin/java" if os.environ.get("JAVA_HOME") else "java"
        settings = {
            "QDB_HTTP_BIND_TO": self.url.removeprefix("http://"),
            "QDB_HTTP_MIN_ENABLED": "false",
            "QDB_PG_ENABLED": "false",
            "QDB_LINE_TCP_ENABLED": "false",
            "QDB_TELEMETRY_ENABLED": "false",
            "QDB_SHARED_WORKER_COUNT": "1",
        }
        opened = ["--add-exports", "java.base/jdk.internal.math=io.questdb"]
        command = [java, "-Xmx512m", *opened, "-p", jar, "-m", "io.questdb/io.questdb.ServerMain", "-d"]
        with (self._folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, str(self._folder)], stdout=log, stderr=log, env={**os.environ, **settings}
            )
        self._answered()
        return self

    def query(self, sql: str) -> list[list[Any]]:
        """The rows of a statement's answer; none of a statement that has no rows."""
        answer = httpx.get(f"{self.url}/exec", params={"query": sql}, timeout=30)
        answer.raise_for_status()
        return answer.json().get("dataset", [])

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(timeout=60)

    @retry(retry=retry_if_exception_type(httpx.TransportError), wait=wait_fixed(0.1), stop=stop_after_delay(90))
    def _answered(self) -> None:
        if self._process.poll() is not None:
            raise RuntimeError((self._folder / "server.log").read_text(errors="replace")[-2000:])
        self.query("select 1")
