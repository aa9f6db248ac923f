"""A real Alertmanager for tests, on a free port, gone with the process; it forgets an alert after two seconds."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from tests.services.postgres import free_port

PROGRAM = "prometheus-alertmanager"
RESOLVE_TIMEOUT = "2s"
CONFIGURATION = f"""
global: {{resolve_timeout: {RESOLVE_TIMEOUT}}}
route: {{receiver: nobody, group_by: [alert_id], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: nobody}}]
"""


class Alertmanager:
    """A server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def alerts(self) -> list[dict[str, Any]]:
        """Those that are firing."""
        return httpx.get(f"{self.url}/api/v2/alerts", timeout=5).json()

    @retry(retry=retry_if_exception_type(httpx.TransportError), wait=wait_fixed(0.05), stop=stop_after_delay(30))
    def answered(self) -> None:
        httpx.get(f"{self.url}/-/ready", timeout=5)


@contextmanager
def running_alertmanager() -> Iterator[Alertmanager]:
    """A server for the length of a with block."""
    program = shutil.which(PROGRAM)
    if program is None:
        pytest.skip(f"Alertmanager is missing: sudo apt-get install {PROGRAM}")
    folder = Path(tempfile.mkdtemp(prefix="tidemill-alertmanager-"))
    (folder / "conf.yml").write_text(CONFIGURATION)
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(program, f"--config.file={folder / 'conf.yml'}", f"--storage.path={folder / 'data'}"),
                *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        server = Alertmanager(port)
        server.answered()
        yield server
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def alertmanager() -> Iterator[Alertmanager]:
    """One server for all tests of this process; a test has alerts of its own."""
    with running_alertmanager() as server:
        yield server
